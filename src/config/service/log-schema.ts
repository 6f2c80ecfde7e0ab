import { Type } from '@sinclair/typebox'
import { Choice } from '../schema-kinds.ts'

/** What the log has, and how. */
export const LogConfig = Type.Object(
  {
    level: Choice(['info', 'warn', 'error'], {
      default: 'info',
      description: 'The least serious lines that are written; below info there are no lines of requests',
    }),
    format: Choice(['auto', 'json', 'pretty'], {
      default: 'auto',
      description: 'json: an object on each line; pretty: for people; auto: pretty on a terminal, else json',
    }),
    probes: Type.Boolean({
      default: false,
      description: 'Write a line for each good request of /health, /health/live and /health/ready too',
    }),
  },
  { default: {}, description: 'The log on standard output' },
)
