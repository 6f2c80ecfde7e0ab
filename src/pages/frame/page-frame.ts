import type { Locale } from '../../protocol/people/locales.ts'

/** What every page of a tenant has around its content. All members are data: templates escape them. */
export interface PageFrame {
  /** The name of the tenant; null on a page that belongs to no tenant, such as the page for device codes. */
  readonly tenantName: string | null
  /** `sign_in.title` of the tenant, shown in place of its name. */
  readonly title: string | null
  /** The URL of the tenant's logo on this server. */
  readonly logoUrl: string | null
  /** `sign_in.accent`, such as `#0a6`. The stylesheet of `stylesheetUrl` has it already. */
  readonly accent: string | null
  readonly termsUrl: string | null
  readonly privacyUrl: string | null
  readonly helpUrl: string | null
  readonly locale: Locale
  /** The URL of the one stylesheet. It has a hash of the content. */
  readonly stylesheetUrl: string
  /** The id of the request, which error pages show; null: it is not known. */
  readonly requestId: string | null
}

/** The person who is signed in. */
export interface PersonView {
  readonly name: string | null
  /** What the person types to sign in: the e-mail address, or the key in config.yaml. */
  readonly username: string
}

/** A scope that an app asks for. */
export interface ScopeView {
  readonly name: string
  /** The tenant's own words. Standard scopes (protocol/people/people-scopes.ts) have words of the page and need none. */
  readonly description: string | null
}
