import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'

/** Rules for the tests themselves. What is under interop/clients/ and fixtures/ are programs of their own. */

const folder = import.meta.dir
const files = [...new Glob('**/*.ts').scanSync(folder)]
  .filter((file) => !/^(?:interop\/clients\/|fixtures\/|habits\.test\.ts$)/.test(file))
  .sort()
const texts = await Promise.all(
  files.map(async (file) => ({ file, text: await Bun.file(join(folder, file)).text() })),
)

/** Sleeps, timers and stop watches; a clock that is handed in (`() => performance.now()`) is none. */
const timing = /\bBun\.sleep\(|\bsetTimeout\(|\bsetInterval\(|(?<!\(\) => )\bperformance\.now\(|\brest\(\w/

test('no test sleeps or measures time, but where a line says that time is its subject', () => {
  const wrong = texts
    .filter(
      ({ file, text }) =>
        file !== 'support/wait-for.ts' && !text.includes('Time is the subject of this whole file'),
    )
    .flatMap(({ file, text }) => {
      const lines = text.split('\n')
      const isTold = (at: number) =>
        lines
          .slice(Math.max(0, at - 2), at + 1)
          .join()
          .includes('Time is the subject: ')
      return lines.flatMap((line, at) =>
        timing.test(line) && !isTold(at) ? [`${file}:${at + 1}: ${line.trim()}`] : [],
      )
    })
  expect(wrong).toEqual([])
})

test('no test reads source texts but architecture.test.ts: what a test says of the product, it finds by running it', () => {
  const reading = /\b(?:readSources|Bun\.file|readFile\w*)\([^\n]*\bsrc\b/
  expect(
    texts
      .filter(({ file, text }) => file !== 'architecture.test.ts' && reading.test(text))
      .map(({ file }) => file),
  ).toEqual([])
})
