/** The images that a page can show as a logo, by media type, with the end of their file names. */
export const imageTypes = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/svg+xml': 'svg',
} as const

export type ImageType = keyof typeof imageTypes

/** Bytes of the largest logo. */
export const largestLogo = 64 * 1024

/** The type of an image, by its first bytes, whatever its file name says; undefined for another file. */
export function findImageType(bytes: Uint8Array): ImageType | undefined {
  const starts = (...wanted: number[]) => wanted.every((byte, at) => bytes[at] === byte)
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png'
  if (starts(0xff, 0xd8, 0xff)) return 'image/jpeg'
  const head = new TextDecoder('utf-8').decode(bytes.subarray(0, 1024))
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'image/webp'
  return /^\s*(?:<\?xml[^>]*>\s*|<!--[\s\S]*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg[\s>]/i.test(head)
    ? 'image/svg+xml'
    : undefined
}
