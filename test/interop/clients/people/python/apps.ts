import { join } from 'node:path'
import type { App } from '../app.ts'

const python = join(process.env['INTEROP_BUILD'] ?? '', 'venv/bin/python')

export const apps: readonly App[] = [
  {
    client: 'authlib + flask',
    command: () => [python, join(import.meta.dir, 'programs/authlib_flask.py')],
  },
]
