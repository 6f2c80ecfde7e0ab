import type { Files } from '../platform/files.ts'
import type { Place } from './checks/check-disk.ts'
import type { Opened, Patient } from './patient.ts'

/** The folders and files that the server writes to: data_dir, and the log if it goes to a file. */
export async function findPlaces(
  { loaded }: Pick<Opened, 'loaded'>,
  { platform, servers }: Pick<Patient, 'platform' | 'servers'>,
): Promise<Place[]> {
  const { files, processes } = platform
  const looked = await Promise.all(servers.map(({ pid }) => processes.look(pid)))
  const logs = new Set(looked.flatMap((each) => each?.outputFile ?? []))
  const named = [
    ...(loaded.dataDir === undefined ? [] : [{ what: 'data_dir', path: loaded.dataDir }]),
    ...[...logs].map((path) => ({ what: 'the log', path })),
  ]
  return Promise.all(
    named.map(async (place) => ({ ...place, space: await files.space(await nearest(place.path, files)) })),
  )
}

/** The path itself, or the first folder above it that is there: data_dir is made at the first start. */
async function nearest(path: string, files: Files): Promise<string> {
  const facts = await files.facts(path).catch(() => undefined)
  const above = files.folderOf(path)
  return facts || above === path ? path : nearest(above, files)
}
