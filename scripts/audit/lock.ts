/** A package in bun.lock and the version of it that is installed. */
export interface LockedVersion {
  readonly name: string
  readonly version: string
}

interface Lock {
  readonly packages: Readonly<Record<string, readonly [id: string, ...rest: unknown[]]>>
}

/** Every version that bun.lock names, by name. The file is JSON with commas before closing brackets. */
export function readLock(text: string): LockedVersion[] {
  const { packages } = Bun.JSONC.parse(text) as Lock
  const ids = new Set(Object.values(packages).map(([id]) => id))
  return [...ids].sort().map((id) => {
    const at = id.lastIndexOf('@')
    return { name: id.slice(0, at), version: id.slice(at + 1) }
  })
}
