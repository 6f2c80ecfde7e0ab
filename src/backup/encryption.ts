import { Decrypter, Encrypter } from 'age-encryption'
import { BackupError } from './backup-error.ts'

/** How a backup is protected. */
export type Protection =
  | {
      readonly kind: 'passphrase'
      readonly passphrase: string
      /** The base-2 logarithm of the work for each guess. Default: 18, a second and 256 MiB. */
      readonly work?: number
    }
  | { readonly kind: 'recipients'; readonly recipients: readonly string[] }
  | { readonly kind: 'plain' }

/** What opens a backup. */
export interface Opener {
  readonly passphrase?: string | undefined
  /** `AGE-SECRET-KEY-1...` */
  readonly identities?: readonly string[]
}

/** Characters. The format makes a guess slow, but a short text is guessed all the same. */
const shortestPassphrase = 12

/** Encrypts in the age format (https://age-encryption.org/v1), in pieces of 64 KiB. Throws {@link BackupError}. */
export async function encrypt(
  content: ReadableStream<Uint8Array>,
  protection: Protection,
): Promise<ReadableStream<Uint8Array>> {
  return protection.kind === 'plain' ? content : encrypterOf(protection).encrypt(content)
}

/** Throws {@link BackupError} for a protection that cannot be used, before any work. */
export function encrypterOf(protection: Exclude<Protection, { kind: 'plain' }>): Encrypter {
  const encrypter = new Encrypter()
  if (protection.kind === 'passphrase') {
    if ([...protection.passphrase].length < shortestPassphrase)
      throw new BackupError(
        `The passphrase has fewer than ${shortestPassphrase} characters; take a longer one, such as: openssl rand -base64 24`,
      )
    encrypter.setPassphrase(protection.passphrase)
    if (protection.work !== undefined) encrypter.setScryptWorkFactor(protection.work)
    return encrypter
  }
  for (const recipient of protection.recipients) {
    try {
      encrypter.addRecipient(recipient)
    } catch (cause) {
      throw new BackupError(
        `The recipient '${recipient}' is wrong, wanted one that age-keygen prints, such as age1...`,
        { cause },
      )
    }
  }
  return encrypter
}

const intro = 'age-encryption.org/v1\n'
/** Bytes of the header of a file in the age format: one of two thousand recipients. */
const largestHeader = 256 * 1024

/** The bytes of a file in the age format, or of a plain one as they are. Throws {@link BackupError}. */
export async function decrypt(
  content: ReadableStream<Uint8Array>,
  { passphrase, identities = [] }: Opener,
): Promise<ReadableStream<Uint8Array>> {
  const { head, all } = await peek(content, largestHeader)
  const text = new TextDecoder('latin1').decode(head)
  if (!text.startsWith(intro)) return all
  const refuse = async (message: string) => {
    await all.cancel()
    throw new BackupError(message)
  }
  if (!text.includes('\n---'))
    await refuse(`The backup has no end of its header in ${largestHeader} bytes: it is damaged or cut off`)
  if (passphrase === undefined && identities.length === 0)
    await refuse(
      'The backup is encrypted; give its passphrase (--passphrase-file, --passphrase-stdin) or an identity (--identity-file)',
    )
  const decrypter = new Decrypter()
  if (passphrase !== undefined) decrypter.addPassphrase(passphrase)
  for (const identity of identities) addIdentity(decrypter, identity)
  try {
    return await decrypter.decrypt(all)
  } catch (cause) {
    throw new BackupError(
      'The backup does not open: the passphrase or the identity is not that of the backup, or the file is damaged at its beginning',
      { cause },
    )
  }
}

/** The message repeats nothing of the secret. */
function addIdentity(decrypter: Decrypter, identity: string): void {
  try {
    decrypter.addIdentity(identity)
  } catch {
    throw new BackupError(
      'An identity is malformed, wanted lines AGE-SECRET-KEY-1... as age-keygen writes them',
    )
  }
}

/** Reads the first bytes of a stream, and returns them with a stream of all of its bytes. */
async function peek(
  content: ReadableStream<Uint8Array>,
  count: number,
): Promise<{ readonly head: Uint8Array; readonly all: ReadableStream<Uint8Array> }> {
  const reader = content.getReader()
  const chunks: Uint8Array[] = []
  const head = new Uint8Array(count)
  let size = 0
  while (size < count) {
    const { value } = await reader.read()
    if (!value) break
    chunks.push(value)
    head.set(value.subarray(0, count - size), size)
    size += value.length
  }
  const all = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = chunks.shift() ?? (await reader.read()).value
        if (chunk) controller.enqueue(chunk)
        else controller.close()
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return { head: head.subarray(0, size), all }
}
