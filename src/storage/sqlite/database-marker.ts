/** The text of the marker, for people. */
export const markerText =
  'grantd made its database beside this file. If the database is lost, restore it from a backup.\n'

/** A file beside a database at `path`, which says that there was one. */
export function markerOf(path: string): string {
  return `${path}.made`
}
