import type { Config } from '../../src/config/schema.ts'

/** `server.connections` of a configuration that says nothing of them. */
export const connectionSettings: Config['server']['connections'] = {
  most: null,
  most_per_address: null,
  request_time: 30,
  answer_time: 60,
  url_bytes: 8192,
  body_bytes: 65_536,
  form_parameters: 100,
}
