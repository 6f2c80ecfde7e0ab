/** A backup cannot be made, read or restored. `message` names the thing and the next step. */
export class BackupError extends Error {}
