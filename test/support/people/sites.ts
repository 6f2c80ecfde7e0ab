import type { RunningServer } from '../spawn-server.ts'
import type { TestApp } from '../test-app.ts'
import type { Site } from './browser.ts'

/** The app in this process. */
export function siteOfApp(app: TestApp, origin = 'http://localhost:3000'): Site {
  return { origin, send: ({ pathname, search }, init) => app.send(`${pathname}${search}`, init) }
}

/** A process that listens; `origin`, where it has a public URL that is not its own address, as behind a proxy. */
export function siteOfServer(server: RunningServer, origin = server.url): Site {
  return {
    origin,
    send: ({ pathname, search }, init) => {
      server.canary.watchRequest(init)
      return fetch(`${server.url}${pathname}${search}`, { ...init, redirect: 'manual', keepalive: false })
    },
  }
}
