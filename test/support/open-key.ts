/** Opens a tenant's key at a moment in time and prints what came of it: one of several processes of a test. */
import { openKey } from '../../src/keys/key-file.ts'
import { keyHost, planFor } from './signing.ts'

const [folder = '', kid = '', at = '0'] = process.argv.slice(2)

await Bun.sleep(Math.max(0, Number(at) - Date.now()))
const { key, generated } = await openKey(planFor(folder, { kid: kid || null }), keyHost)
process.stdout.write(JSON.stringify({ generated, jwk: JSON.stringify(key.jwk) }))
