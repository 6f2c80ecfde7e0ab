import { expect, test } from 'bun:test'
import { siteOfApp, siteOfServer } from '../support/people/sites.ts'
import { type Program, programs, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { startTestApp } from '../support/test-app.ts'
import { peopleYaml } from './people-setup.ts'
import { tellPeopleStory } from './people-story.ts'

test('the app in this process signs a person in, and out again', async () => {
  const app = await startTestApp(peopleYaml)
  await tellPeopleStory(siteOfApp(app))
  await app.close()
})

const tell = (program: Program) =>
  withFolder(async (folder) => {
    await writeConfig(folder, peopleYaml)
    const server = await startServer(program, { folder })
    await tellPeopleStory(siteOfServer(server))
    expect(await server.stop()).toBe(0)
  })

test('the executable signs a person in, and out again', () => tell(programs.executable))

test('the same source signs a person in, and out again, under Deno', () => tell(programs.deno))
