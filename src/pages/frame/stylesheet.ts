/** The one stylesheet of all pages, before the colours of a tenant. */
export const stylesheet = `
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 26rem; margin: auto; padding: 2rem; }
`
