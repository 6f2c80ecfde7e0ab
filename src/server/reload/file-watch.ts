import { stampOf } from '../../config/files/file-stamp.ts'
import { FileError } from '../../platform/files.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ConfigSource } from '../../supervisor/worker-messages.ts'
import { sourceAt } from './find-source.ts'

export interface FileWatchOptions extends Pick<Platform, 'after' | 'monotonic'> {
  readonly platform: Platform
  /** Finds the configuration; undefined: there is none. */
  readonly findPath: () => Promise<string | undefined>
  /** Files that changed after this time (ms since the epoch) may not be in force. */
  readonly since: number
  /** Called with files that changed and that are whole, as far as this can be seen. */
  readonly onChange: (source: ConfigSource) => Promise<unknown>
}

/** Milliseconds between two looks, at least. */
const lookEvery = 1000
/** With many files, looking takes this share of the time at most. */
const mostShare = 0.02
/** Milliseconds by which the times of files may be behind the clock. */
const clockError = 50
/** Looks for which files that seem unfinished have to stay as they are. */
const patience = 5

/**
 * Looks for changes of the configuration and of the files that it includes, by their times. It does not wait for events of the system,
 * because network folders and single files in a container have none. A change counts when all files are as they were a second ago. A
 * file that is empty, gone, or does not end with a line end seems to be unfinished, and has to stay so for longer.
 */
export class FileWatch {
  readonly #options: FileWatchOptions
  #isEnabled = false
  #cancel = () => {}
  /** The state of the files at the last look; undefined before the first. */
  #seen: string | undefined
  /** Looks in a row that found this state. */
  #quiet = 0
  /** Whether the current state needs nothing more. */
  #isHandled = false
  /** The digest of the texts that were tried last. */
  #tried: string | undefined
  /** The paths of the included files that were tried last. */
  #included: readonly string[] = []
  /** Other paths to look at besides the configuration itself. */
  #awaited: readonly string[] = []

  constructor(options: FileWatchOptions) {
    this.#options = options
  }

  enable(isEnabled: boolean): void {
    if (isEnabled === this.#isEnabled) return
    this.#isEnabled = isEnabled
    this.#cancel()
    this.#seen = undefined
    if (isEnabled) void this.#begin().then(() => this.#schedule(lookEvery))
  }

  /** Call this with all files that were tried, so that they are not tried again because their time changed. */
  noteTried(source: ConfigSource): void {
    this.#tried = this.#digestOf(source)
    this.#noteFiles(source)
  }

  #noteFiles({ inclusion }: ConfigSource): void {
    this.#included = (inclusion?.files ?? []).map(({ path }) => path)
    this.#awaited = inclusion?.watched ?? []
  }

  #pathsFrom(path: string): string[] {
    return [path, ...this.#included, ...this.#awaited]
  }

  /** Notes the texts of the files, unless one changed since the start began to read them. Then the next looks try them. */
  async #begin(): Promise<void> {
    const path = await this.#findPath()
    if (path === undefined) return
    const { platform, since } = this.#options
    const source = await sourceAt(path, platform)
    this.#noteFiles(source)
    let changedAt = 0
    for (const each of this.#pathsFrom(path)) {
      const facts = await platform.files.facts(each).catch(() => undefined)
      changedAt = Math.max(changedAt, facts?.changedAt ?? 0)
    }
    if (changedAt < since - clockError) this.#tried ??= this.#digestOf(source)
  }

  #schedule(pause: number): void {
    if (!this.#isEnabled) return
    this.#cancel = this.#options.after(pause, () => {
      const began = this.#options.monotonic()
      void this.#look().then(() => {
        const took = this.#options.monotonic() - began
        this.#schedule(Math.max(lookEvery, took / mostShare))
      })
    })
  }

  async #look(): Promise<void> {
    const path = await this.#findPath()
    if (path === undefined || !this.#isEnabled) return
    const stamp = await this.#stamp(path)
    this.#quiet = stamp === this.#seen ? this.#quiet + 1 : 0
    if (stamp !== this.#seen) this.#isHandled = false
    this.#seen = stamp
    if (this.#isHandled || this.#quiet === 0) return
    const source = await sourceAt(path, this.#options.platform)
    if (this.#seemsUnfinished(source) && this.#quiet < patience) return
    this.#isHandled = true
    if (this.#digestOf(source) === this.#tried) return
    await this.#options.onChange(source)
  }

  async #findPath(): Promise<string | undefined> {
    return this.#options.findPath().catch(() => undefined)
  }

  async #stamp(path: string): Promise<string> {
    const { files } = this.#options.platform
    const stamps: string[] = []
    for (const each of this.#pathsFrom(path)) {
      try {
        stamps.push(stampOf(await files.facts(each)))
      } catch (cause) {
        stamps.push(cause instanceof FileError ? cause.code : String(cause))
      }
    }
    return stamps.join('\n')
  }

  #seemsUnfinished({ text, inclusion }: ConfigSource): boolean {
    const files = inclusion?.files ?? []
    const texts = [text, ...files.map((file) => file.text)]
    const paths = new Set(files.map(({ path }) => path))
    const isGone = this.#included.some((path) => !paths.has(path))
    return isGone || texts.some((each) => each === null || !each.endsWith('\n'))
  }

  #digestOf({ text, inclusion }: ConfigSource): string {
    const { hashing } = this.#options.platform
    const files = inclusion?.files.map((file) => [file.file, hashing.sha256(file.text).toHex()])
    const own = text === null ? null : hashing.sha256(text).toHex()
    return JSON.stringify([own, files, inclusion?.faults])
  }
}
