import type { DiskSpace } from '../../platform/files.ts'
import { count, fault, ok, unknown, type Verdict, warning } from '../finding.ts'

export interface Place {
  /** What is kept there, and where. */
  readonly what: string
  readonly path: string
  /** Undefined: the system does not tell. */
  readonly space: DiskSpace | undefined
}

const [megabyte, gigabyte] = [1e6, 1e9]
/** Keys, the files beside a database, and files that are written anew need some. */
const fewFiles = 1000

/** The room at each place that is written to. */
export function checkDisk(places: readonly Place[]): Verdict[] {
  if (places.length === 0) return [ok('nothing is kept on a disk')]
  return places.map(checkPlace)
}

function checkPlace({ what, path, space }: Place): Verdict {
  if (!space) return unknown(`the room at ${path} (${what}) is not known to this system`)
  const { free, total, freeFiles } = space
  const share = total === 0 ? 1 : free / total
  const state = `${path} (${what}) has ${sizeOf(free)} free, ${Math.floor(share * 100)} % of its disk`
  if (free < 50 * megabyte)
    return fault(`${state}, wanted at least 50 MB: writes fail soon, and then requests; free some room`)
  if (freeFiles !== undefined && freeFiles < fewFiles)
    return fault(
      `${state}, and room for ${count(freeFiles, 'file')} more, wanted at least ${count(fewFiles, 'file')}: writes fail soon, and then requests; remove small files (df -i)`,
    )
  if (free < gigabyte || share < 0.1)
    return warning(`${state}, wanted 1 GB and 10 %; free some room, or move it to a larger disk`)
  return ok(state)
}

function sizeOf(bytes: number): string {
  if (bytes >= gigabyte) return `${(bytes / gigabyte).toFixed(1)} GB`
  return `${Math.floor(bytes / megabyte)} MB`
}
