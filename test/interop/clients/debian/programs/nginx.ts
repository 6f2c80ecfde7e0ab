import { join } from 'node:path'
import { findBlocks, readDocument, root, wordOf } from '../../../../docs/document.ts'
import { findFreePorts } from '../../../../support/free-port.ts'
import { claim, issuerOf, tryServer, whileRunning, withFolder } from '../interop.ts'

/** A file that docs/verifying-tokens.md shows, with the issuer of the run. */
async function readShown(name: string, issuer: string): Promise<string> {
  const blocks = findBlocks(await readDocument('docs/verifying-tokens.md'))
  const block = blocks.find((candidate) => wordOf(candidate, 'file') === name)
  if (!block) throw new Error(`docs/verifying-tokens.md shows no ${name}`)
  return block.text.replaceAll('http://localhost:3000/api/v1/tenant/main', issuer)
}

await claim(
  {
    client: 'nginx',
    debianPackage: 'nginx',
    does: 'lets tokens in by `auth_request`, as in verifying tokens',
  },
  () =>
    withFolder(async (folder) => {
      const issuer = issuerOf('rs256')
      await Bun.$`ln -s ${root}/node_modules ${folder}/node_modules`
      for (const name of ['verify.mjs', 'auth-service.mjs'])
        await Bun.write(join(folder, name), await readShown(name, issuer))
      // The API tells who it believes to be there.
      using api = Bun.serve({
        port: 0,
        hostname: '127.0.0.1',
        fetch: ({ headers }) => new Response(`client=${headers.get('x-client-id')};`),
      })
      const [port, servicePort] = await findFreePorts(2)
      const shown = (await readShown('nginx.conf', issuer))
        .replace('127.0.0.1:4000', `127.0.0.1:${servicePort}`)
        .replace('127.0.0.1:8080', `127.0.0.1:${api.port}`)
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `${name}_temp_path ${folder}/${name};`)
        .join(' ')
      const config = `daemon off; pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${paths} server { listen 127.0.0.1:${port}; ${shown} } }`
      await Bun.write(join(folder, 'nginx.conf'), config)
      const service = ['env', `PORT=${servicePort}`, 'node', join(folder, 'auth-service.mjs')]
      await whileRunning(service, `http://127.0.0.1:${servicePort}/`, () =>
        whileRunning(
          ['nginx', '-e', 'stderr', '-c', join(folder, 'nginx.conf')],
          `http://127.0.0.1:${port}/`,
          () => tryServer(`http://127.0.0.1:${port}/api/`, issuer),
        ),
      )
    }),
)
