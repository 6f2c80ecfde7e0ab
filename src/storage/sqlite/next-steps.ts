import type { SqliteErrorKind } from '../../platform/sqlite-connection.ts'

/** What to do about an error of SQLite. */
export const nextSteps: Readonly<Record<SqliteErrorKind, string>> = {
  busy: 'another process holds it for longer than it may; end that one, such as a shell or a backup',
  full: 'make room on its disk',
  'read-only': 'give this user write access to the file and to its folder, on a disk that is writable',
  corrupt: 'restore it from a backup; grantd never puts an empty one in its place',
  unreachable:
    'give this user write access to the file and to its folder, on a disk that is writable and takes more files (df -i)',
  io: 'make room on the disk, or look whether it is broken',
  constraint: 'a row of this id is there already',
  other: 'look at the file',
}
