export interface FileFacts {
  readonly size: number
  /** Permission bits only, such as 0o600; undefined if the system has none. */
  readonly mode: number | undefined
  /** The number of the user that owns the file; undefined if the system has none. */
  readonly owner: number | undefined
  readonly isFile: boolean
  /** Identifies the file under all of its names. Two files that exist at the same time have different identities. */
  readonly identity: string
  /** When it was written last, in milliseconds since the epoch. */
  readonly modifiedAt: number
  /** When its bytes, its mode or its names were changed last, in the same unit. No program can set this time. */
  readonly changedAt: number
}

/** Room of the file system that holds a path. */
export interface DiskSpace {
  /** Bytes for this user. */
  readonly free: number
  /** Bytes. */
  readonly total: number
  /** Files and folders that can be made; undefined: the file system has no limit of them. */
  readonly freeFiles: number | undefined
}

/** Files as grantd needs them. Every method throws {@link FileError} when the system refuses. */
export interface Files {
  /** The number of the user of this process; undefined if the system has none. */
  readonly user: number | undefined
  /** Whether this process runs in Kubernetes, where messages say what to set in a Pod, because it has no shell. */
  readonly inKubernetes: boolean
  resolve(...segments: string[]): string
  /** The folder that holds `path`. */
  folderOf(path: string): string
  /** Follows symbolic links; undefined when there is nothing at `path`. */
  facts(path: string): Promise<FileFacts | undefined>
  /** Returns the {@link FileFacts.identity} of the file at `path` synchronously. Costs a few microseconds of the event loop. */
  identityNow(path: string): string | undefined
  /** Undefined: nothing is at `path`, or the system does not tell. Never rejects. */
  space(path: string): Promise<DiskSpace | undefined>
  /** Reads a regular file of at most `limit` bytes. Refuses pipes, devices and files that wait for more, because they may never end. */
  readSmall(path: string, limit: number): Promise<Uint8Array>
  /** Names in a folder, sorted; empty when the folder is missing. */
  list(folder: string): Promise<string[]>
  /** Makes the folder and its parents if they are missing. */
  makeFolder(folder: string): Promise<void>
  /** Writes a new file. Returns false, and changes nothing, when something is at `path` already. A failure leaves no file. */
  create(path: string, content: string): Promise<boolean>
  /** Whether this user may write the file, or into the folder, as the system says. Writes nothing. */
  mayWrite(path: string): Promise<boolean>
  /** Writes a file into the folder and removes it again. */
  checkWritable(folder: string): Promise<void>
  /** Makes the folder and its parents with mode 0700 for any umask. */
  makePrivateFolder(folder: string): Promise<void>
  /**
   * Writes a file of mode 0600 that appears at `path` whole and durable, or not at all.
   * Returns false, and changes nothing, when something is at `path` already.
   */
  createPrivate(path: string, content: string): Promise<boolean>
  /**
   * Writes a new file of mode 0600 durably. Throws EEXIST if something is at `path`. A kill meanwhile may leave a part of
   * it, so `path` is a name that no reader takes for a whole file.
   */
  stagePrivate(path: string, content: string): Promise<void>
  /**
   * Gives a staged file its name, durably. Returns false, and changes nothing, when something is at `path` already. A kill
   * meanwhile leaves it under both names.
   */
  giveName(staged: string, path: string): Promise<boolean>
  /**
   * Makes a new, empty, private file beside `path`, lets `fill` write it by its path, and makes it appear at `path` whole and
   * durable. Returns false, and changes nothing, when something is at `path` already.
   */
  createPrivateWith(path: string, fill: (temporary: string) => Promise<void>): Promise<boolean>
  /** The bytes of a file, read as they are wanted. The stream fails with {@link FileError}. */
  stream(path: string): ReadableStream<Uint8Array>
  /** Writes a stream into a file that is there, from its beginning. Errors of the stream are passed on as they are. */
  fill(path: string, content: ReadableStream<Uint8Array>): Promise<void>
  /** Gives a file or a folder another name, durably. Replaces a file, and a folder that is empty. */
  rename(from: string, to: string): Promise<void>
  /** Whether a symbolic link is at `path`. */
  isLink(path: string): Promise<boolean>
  /** Removes a file, or a symbolic link and never its target. Does nothing when nothing is at `path`. */
  remove(path: string): Promise<void>
  /** Removes a folder that is empty; returns false, and changes nothing, for one that is not. */
  removeFolder(folder: string): Promise<boolean>
}

/** The system refused a file operation. `code` is its error code, such as EACCES. */
export class FileError extends Error {
  readonly code: string
  readonly path: string

  constructor(action: string, path: string, code: string, options?: ErrorOptions) {
    super(`Cannot ${action} ${path}: ${code}`, options)
    this.code = code
    this.path = path
  }
}

const asItsUser = 'give this user access to it, or run this as the user of the server'

/** The next step if this user may not read a file that was given to it. */
export function howToGiveAccess({ inKubernetes }: Pick<Files, 'inKubernetes'>): string {
  return inKubernetes
    ? 'give its Secret volume defaultMode: 0440 and the Pod an fsGroup, or set runAsUser to its owner'
    : asItsUser
}

const steps: Readonly<Record<string, string>> = {
  EACCES: asItsUser,
  EDQUOT: 'make room, this user has a quota',
  EEXIST: 'something is there already; choose another path',
  EFBIG: 'raise the limit of the size of files (ulimit -f)',
  EIO: 'look whether the disk is broken',
  EISDIR: 'it is a folder; name a file',
  ELOOP: 'a symbolic link leads to itself; check the path',
  EMFILE: 'raise the limit of open files (ulimit -n)',
  ENAMETOOLONG: 'choose a shorter path',
  ENOENT: 'there is no such file or folder; check the path',
  ENOSPC: 'make room on the disk',
  ENOTDIR: 'a part of the path is a file; check the path',
  EPERM: asItsUser,
  EROFS: 'the disk is read-only; name another place',
}

/** A message that ends with a code of the system, with the next step after it. Another message stays as it is. */
export function withStep(message: string): string {
  const code = /: (E[A-Z]+)$/.exec(message)?.[1]
  const step = code === undefined ? undefined : steps[code]
  return step === undefined ? message : `${message}; ${step}`
}
