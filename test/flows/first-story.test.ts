import { test } from 'bun:test'
import { programs, withFolder } from '../support/spawn-server.ts'
import { tellFirstStory } from './first-story.ts'

test('the executable, alone in a folder, serves the first user story and keeps its key over a restart', () =>
  withFolder((folder) => tellFirstStory(programs.executable, folder)))

test('the same source serves the first user story under Deno', () =>
  withFolder((folder) => tellFirstStory(programs.deno, folder)))
