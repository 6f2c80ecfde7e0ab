import { FileError, type Files, withStep } from '../../platform/files.ts'
import { renderUnreadable } from '../rules/named-file.ts'
import { Config } from '../schema.ts'
import { stampOf } from './file-stamp.ts'
import type { FileHost, Included, IncludedFile, IncludeFault, IncludingText } from './included.ts'

const mostFiles = 20_000
/** Bytes of all files together. */
const mostBytes = 64 * 1024 * 1024

/** Reads the files that a text includes; none if its `include` has a fault. Never throws. */
export async function readFiles(including: IncludingText, host: FileHost): Promise<Included> {
  const reader = new IncludeReader(including, host.files)
  for (const [entry, pattern] of (await readPatterns(including)).entries()) await reader.read(pattern, entry)
  return reader
}

/** The list; empty when it has a fault, which the reader of the configuration reports. */
async function readPatterns({ file, text }: IncludingText): Promise<readonly string[]> {
  const { ExactSource } = await import('../yaml/exact-source.ts')
  const { QuickSource } = await import('../yaml/quick-source.ts')
  const { parseQuickly } = await import('../yaml/quick-yaml.ts')
  const named = { file, text }
  const source = parseQuickly(text) === undefined ? new ExactSource(named) : new QuickSource(named)
  const found = source.readMember('include', Config.properties.include)
  return Array.isArray(found) ? found.filter((each) => typeof each === 'string') : []
}

class IncludeReader implements Included {
  readonly files: IncludedFile[] = []
  readonly faults: IncludeFault[] = []
  readonly warnings: IncludeFault[] = []
  readonly watched: string[] = []
  readonly folders: string[] = []
  readonly #including: IncludingText
  readonly #host: Files
  readonly #seen = new Set<string>()
  #bytes = 0

  constructor(including: IncludingText, host: Files) {
    this.#including = including
    this.#host = host
    // A pattern that matches the including file itself does not mean it.
    this.#seen.add(host.resolve(including.path ?? including.file))
  }

  async read(pattern: string, entry: number): Promise<void> {
    const { folder } = this.#including
    const slash = pattern.lastIndexOf('/')
    const [parent, name] = [pattern.slice(0, slash + 1), pattern.slice(slash + 1)]
    const refuse = (message: string) => this.faults.push({ entry, message })
    if (/[*?]/.test(parent)) {
      refuse(`include[${entry}] has * or ? in the name of a folder, wanted it in the last part alone`)
      return
    }
    const isPattern = /[*?]/.test(name)
    const names = isPattern
      ? await this.#list(this.#host.resolve(folder, parent || '.'), name, (reason) =>
          refuse(`include[${entry}] is ${pattern}, and ${reason}`),
        )
      : [name]
    if (names?.length === 0)
      this.warnings.push({ entry, message: `include[${entry}] matches no file: ${pattern}` })
    for (const each of names ?? []) await this.#readOne(`${parent}${each}`, { isPattern, entry })
  }

  /** Undefined: the folder cannot be listed. */
  async #list(
    folder: string,
    pattern: string,
    refuse: (message: string) => void,
  ): Promise<string[] | undefined> {
    const expression = new RegExp(
      `^${pattern.replace(/[^*?]/g, literally).replace(/\*/g, '.*').replace(/\?/g, '.')}$`,
      's',
    )
    this.watched.push(folder)
    try {
      // With its folder, as of a disk that is not mounted, all tenants of a team would go.
      if (!(await this.#host.facts(folder))) throw new FileError('list', folder, 'ENOENT')
      this.folders.push(folder)
      // Names with a dot in front are of editors and of Kubernetes, which keeps the files of a ConfigMap in ..data.
      return (await this.#host.list(folder)).filter((name) => !name.startsWith('.') && expression.test(name))
    } catch (cause) {
      if (!(cause instanceof FileError)) throw cause
      refuse(withStep(`the folder ${folder} cannot be listed: ${cause.code}`))
      return undefined
    }
  }

  async #readOne(name: string, { isPattern, entry }: { isPattern: boolean; entry: number }): Promise<void> {
    const { file, folder } = this.#including
    const path = this.#host.resolve(folder, name)
    if (this.#seen.has(path)) return
    const refuse = (reason: string) => {
      // A look at its folder does not see that the file is mended in its place.
      this.watched.push(path)
      this.faults.push({ entry, message: `include[${entry}] names the file ${name}, which ${reason}` })
    }
    try {
      const facts = await this.#host.facts(path)
      if (!facts) throw new FileError('read', path, 'ENOENT')
      if (!facts.isFile)
        return isPattern
          ? undefined
          : void refuse('is no file; name one, or the files in a folder: FOLDER/*.yaml')
      this.#seen.add(path)
      this.#bytes += facts.size
      if (this.#bytes > mostBytes || this.files.length >= mostFiles)
        return void refuse(`is too much: wanted at most ${mostFiles} files and ${mostBytes} bytes`)
      const bytes = await this.#host.readSmall(path, mostBytes)
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      const beside = file.slice(0, file.lastIndexOf('/') + 1)
      this.files.push({
        file: name.startsWith('/') ? name : `${beside}${name}`,
        path,
        text,
        stamp: stampOf(facts),
      })
    } catch (cause) {
      refuse(
        cause instanceof FileError
          ? renderUnreadable(name, cause, this.#host)
          : 'is not UTF-8; write it anew',
      )
    }
  }
}

function literally(character: string): string {
  return /[\w-]/.test(character) ? character : `\\${character}`
}
