import manifest from '../package.json' with { type: 'json' }

/** Set by the build (scripts/build.ts); a run from source has none. */
declare const GRANTD_COMMIT: string | undefined

export interface BuildInfo {
  readonly version: string
  /** The short id of the commit, or `source`. */
  readonly commit: string
}

export const buildInfo: BuildInfo = {
  version: manifest.version,
  commit: typeof GRANTD_COMMIT === 'string' ? GRANTD_COMMIT : 'source',
}

export function renderVersion(): string {
  return `grantd ${buildInfo.version} (${buildInfo.commit})\n`
}
