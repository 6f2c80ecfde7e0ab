import type { DocumentDecoration } from 'elysia'
import { answer, pathParameter, refusal, tenantParameter } from '../../http/openapi-parts.ts'
import { adminShared, readErrors, refuseUnknown } from '../openapi-details.ts'
import { exampleLink, notFound, readOnly, userParameter } from './users-detail.ts'
import { ResetUserResponse, UserSessionList } from './users-messages.ts'

const exampleSid = 'W0xTQ2p1n8gR6s3bq4mUvA'

export const resetDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'resetUser',
  summary: 'Make a link for a new password',
  description: [
    'Send it to the person. It is good once, for a day, and ends an earlier link. The old password works until the new one is chosen,',
    'which signs the person out everywhere.',
  ].join('\n'),
  parameters: [tenantParameter, userParameter],
  responses: {
    200: answer('The link', ResetUserResponse, {
      link: exampleLink,
      link_expires_at: '2030-01-02T00:00:00.000Z',
    }),
    ...readErrors,
    404: notFound,
    409: refusal('There is no password to choose', readOnly, [
      'conflict',
      'The person is inactive; enable the person first',
    ]),
  },
}

export const signOutDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'signOutUser',
  summary: 'Sign a person out everywhere',
  description: 'Ends all sessions, refresh tokens and access tokens of the person, at every replica at once.',
  parameters: [tenantParameter, userParameter],
  responses: { 204: { description: 'Everything is over' }, ...readErrors, 404: notFound },
}

export const listSessionsDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'listUserSessions',
  summary: 'List the sessions of a person',
  description: 'The browsers in which the person is signed in now, the last used one first.',
  parameters: [tenantParameter, userParameter],
  responses: {
    200: answer('The sessions', UserSessionList, {
      items: [
        {
          sid: exampleSid,
          created_at: '2030-01-01T08:00:00.000Z',
          last_seen_at: '2030-01-01T09:30:00.000Z',
          amr: ['pwd'],
          clients: ['web'],
          user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0',
        },
      ],
      next_cursor: null,
    }),
    ...readErrors,
    404: notFound,
  },
}

export const endSessionDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'endUserSession',
  summary: 'End a session of a person',
  description:
    'With the tokens that are bound to it. Tokens with offline_access stay: sign the person out for those.',
  parameters: [
    tenantParameter,
    userParameter,
    pathParameter('session', { description: 'The sid of a session of this person', example: exampleSid }),
  ],
  responses: {
    204: { description: 'The session is over' },
    ...readErrors,
    404: refuseUnknown('session', 'Session not found'),
  },
}
