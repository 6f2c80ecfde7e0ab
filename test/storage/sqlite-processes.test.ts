import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { verifyAudit } from '../../src/audit/verify-audit.ts'
import { secretUses } from '../../src/clients/client-row.ts'
import { detectPlatform } from '../../src/platform/detect.ts'
import { openStorage } from '../../src/storage/open.ts'
import { revocations } from '../../src/tokens/revocation-row.ts'
import { denoProgram } from '../support/spawn-server.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const platform = await detectPlatform()
const script = join(import.meta.dir, 'sqlite-writer.ts')
const rounds = 40
const writes = rounds * 16

interface Written {
  readonly complaints: readonly string[]
}

/** Runs a writer to its end; answers what it complains of. */
async function write(program: readonly string[], path: string, name: string): Promise<readonly string[]> {
  const child = Bun.spawn([...program, script, path, name, String(rounds)], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  expect([await child.exited, err]).toEqual([0, ''])
  const written: Written = JSON.parse(out)
  return written.complaints
}

const bun = [process.execPath, 'run']
const deno = [denoProgram, 'run', '--quiet', '--no-prompt', '-A']

test.each([
  ['four processes', [bun, bun, bun, bun]],
  ['processes of two runtimes', [bun, deno]],
] as const)(
  '%s write to one file at once: nobody is refused, nothing is lost, and the trail is whole',
  (_, programs) =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'grantd.db')
      const names = programs.map((_, n) => `writer-${n}`)
      const complaints = await Promise.all(programs.map((program, n) => write(program, path, `writer-${n}`)))
      expect(complaints.flat()).toEqual([])
      const storage = await openStorage({ kind: 'sqlite', path }, platform)
      for (const name of names) {
        const kept = await storage
          .of('acme')
          .of(revocations)
          .list({ after: `${name}:`, limit: 10_000 })
        expect(kept.filter(({ id }) => id.startsWith(`${name}:`))).toHaveLength(writes)
        expect((await storage.of('acme').of(secretUses).find(name))?.usedAt).toBe(1)
      }
      const verdict = await verifyAudit(storage, {
        tenant: 'acme',
        now: platform.now,
        hashing: platform.hashing,
      })
      expect(verdict).toMatchObject({ ok: true, complaints: [], events: writes * programs.length })
      await storage.close()
    }),
)
