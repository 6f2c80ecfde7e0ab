/** Styles that swagger-ui-dist does not have: for the page around it, and for narrow screens. */
export const ownStyle = `
html { box-sizing: border-box; overflow-y: scroll; background: #fafafa; }
html.dark-mode { background: #1c2022; color-scheme: dark; }
*, *::before, *::after { box-sizing: inherit; }
body { margin: 0; }
.swagger-ui .info { margin: 1.5rem 0 1rem; }
.swagger-ui .scheme-container { padding: 1rem 0; margin-bottom: 1rem; box-shadow: 0 1px 2px rgb(0 0 0 / 15%); }

#tenant { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; max-width: 1460px; margin: 0 auto; padding: 1rem 20px 0; }
#tenant label { font: bold 14px sans-serif; color: #3b4151; }
html.dark-mode #tenant label, html.dark-mode #tenant .btn { color: #e4e6e6; }
#tenant input { width: 14rem; min-width: 0; margin: 0; }

/* Hides choices that have no effect: the only server, links, lists with one entry, and the switch for empty values. */
.swagger-ui .servers-title,
.swagger-ui .servers,
.swagger-ui .response-col_links,
.swagger-ui .parameter__empty_value_toggle,
.swagger-ui .response-control-media-type:has(option:only-child),
.swagger-ui .response-control-examples:has(option:only-child),
.swagger-ui .body-param-content-type:has(option:only-child) { display: none; }

.swagger-ui .microlight, .swagger-ui .opblock-summary-path { overflow-wrap: anywhere; }

@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 12px; }
  #tenant { padding: 1rem 12px 0; }
  .swagger-ui .opblock .opblock-section-header { flex-wrap: wrap; gap: 0.5rem; padding: 8px 12px; }
  .swagger-ui .opblock-section-header .btn-group, .swagger-ui .try-out { flex-wrap: wrap; gap: 0.5rem; padding: 0; }
  .swagger-ui .btn.try-out__btn { margin: 0; padding: 5px 16px; }
  .swagger-ui table thead { display: none; }
  .swagger-ui table tbody, .swagger-ui table tr, .swagger-ui table tbody tr td,
  .swagger-ui table tbody tr td:first-of-type { display: block; width: auto; max-width: none; min-width: 0; padding: 4px 0; }
  .swagger-ui .table-container { padding: 8px 12px; }
  .swagger-ui .responses-inner { padding: 8px 12px; }
  .swagger-ui .parameters-col_description input, .swagger-ui .parameters-col_description select { width: 100%; max-width: 100%; }
  .swagger-ui .response-control-examples select, .swagger-ui .examples-select select { max-width: 100%; }
  .swagger-ui .dialog-ux .modal-ux { width: calc(100vw - 24px); min-width: 0; }
  .swagger-ui .auth-container input { width: 100%; max-width: 100%; }
  .swagger-ui .btn-group { flex-wrap: wrap; }
  /* Otherwise the buttons at the bottom cover the last lines. */
  .swagger-ui .highlight-code:has(.download-contents) code { display: block; padding-bottom: 2.5rem; }
  .swagger-ui .curl-command code { display: block; padding-bottom: 1.5rem; }
}
`
