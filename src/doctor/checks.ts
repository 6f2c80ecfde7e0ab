import { buildInfo } from '../build-info.ts'
import { fetchJson } from '../cli/remote/fetch-json.ts'
import { readTlsPair } from '../config/rules/tls-files.ts'
import { openToRead } from '../offline/with-keyring.ts'
import { isLoopbackUrl } from '../protocol/url/uri.ts'
import { buildTenant } from '../tenants/tenant.ts'
import { checkClock } from './checks/check-clock.ts'
import { checkConfiguration } from './checks/check-configuration.ts'
import { checkDescriptors } from './checks/check-descriptors.ts'
import { checkDisk } from './checks/check-disk.ts'
import { checkIssuers } from './checks/check-issuers.ts'
import { checkKeys } from './checks/check-keys.ts'
import { checkProxy } from './checks/check-proxy.ts'
import { checkServer } from './checks/check-server.ts'
import { checkStorage } from './checks/check-storage.ts'
import { checkTls } from './checks/check-tls.ts'
import { findPlaces } from './find-places.ts'
import type { Verdict } from './finding.ts'
import type { Opened, Patient } from './patient.ts'
import { probeAddress } from './probe-address.ts'
import { readClocks } from './read-clocks.ts'

/** One check: its name in the output, and how it gets what it looks at. */
export interface Check {
  readonly name: string
  readonly run: (patient: Patient) => Verdict[] | Promise<Verdict[]>
}

/** A check that needs a configuration without faults. */
interface OpenedCheck {
  readonly name: string
  readonly run: (opened: Opened, patient: Patient) => Verdict[] | Promise<Verdict[]>
}

/** The checks of any patient, in the order of the output. */
export const firstChecks: readonly Check[] = [
  { name: 'configuration', run: ({ configuration }) => checkConfiguration(configuration) },
  {
    name: 'server',
    run: (patient) => checkServer({ ...patient, build: buildInfo }),
  },
]

/** The checks after them, if the configuration has no fault. */
export const furtherChecks: readonly OpenedCheck[] = [
  { name: 'storage', run: ({ storage }) => checkStorage(storage) },
  { name: 'keys', run: ({ keys }) => checkKeys(keys) },
  { name: 'clock', run: async (opened, { platform }) => checkClock(await readClocks(opened, platform)) },
  { name: 'issuers', run: runIssuers },
  { name: 'tls', run: runTls },
  { name: 'proxy', run: runProxy },
  { name: 'disk', run: async (opened, patient) => checkDisk(await findPlaces(opened, patient)) },
  { name: 'descriptors', run: runDescriptors },
]

/** A server that says nothing runs too. */
function isServing({ servers, silent }: Patient): boolean {
  return servers.length + silent.length > 0
}

function runIssuers({ loaded, publicUrl, base, keys }: Opened, patient: Patient) {
  const { platform } = patient
  const tenants = Object.entries(loaded.config.tenants)
    .filter(([, { active }]) => active)
    .map(([id, tenant]) => buildTenant(id, tenant, publicUrl))
  // With --url, what is below the public URL is asked for there.
  const placeOf = (url: string) => (url.startsWith(publicUrl) ? base + url.slice(publicUrl.length) : url)
  return checkIssuers({
    ...{ publicUrl, tenants, reports: keys?.reports ?? [], isServing: isServing(patient) },
    get: (url) => fetchJson(placeOf(url), { platform }),
  })
}

async function runTls({ loaded, base }: Opened, patient: Patient): Promise<Verdict[]> {
  const { platform } = patient
  const { tls } = loaded.config.server
  const { protocol, hostname, port } = new URL(base)
  const host = hostname.replace(/^\[|\]$/g, '')
  const at = { host, port: Number(port || 443), longestWait: 10_000 }
  return checkTls({
    ...{ now: platform.now(), url: base, isLoopback: isLoopbackUrl(base) },
    isServing: isServing(patient),
    pair: tls && (await readTlsPair(tls, { platform, resolve: loaded.resolve })),
    certFile: tls?.cert_file ?? '',
    served: protocol === 'https:' ? await platform.certificates.look(at) : undefined,
  })
}

async function runProxy(opened: Opened, { platform }: Patient): Promise<Verdict[]> {
  const { loaded, publicUrl, base, storage: facts } = opened
  const { trusted_proxies: trusted, proxy_header: header, tls } = loaded.config.server
  const asked = { base, trusted, header, isBehindProxy: publicUrl.startsWith('https:') && !tls }
  if (facts instanceof Error || facts.kind === 'memory' || facts.schema !== facts.known) {
    const why = 'it is read in the storage, which keeps nothing, is not there or was not reached'
    return checkProxy({ ...asked, probe: async () => ({ why }) })
  }
  if (trusted.length === 0) return checkProxy({ ...asked, probe: async () => ({ why: '' }) })
  const storage = await openToRead(loaded, platform)
  try {
    return await checkProxy({
      ...asked,
      probe: (spoofed) => probeAddress(spoofed, { base, header, storage, platform }),
    })
  } finally {
    await storage.close()
  }
}

async function runDescriptors({ loaded }: Opened, { platform, servers }: Patient): Promise<Verdict[]> {
  const [first] = servers
  return checkDescriptors({
    settings: loaded.config.server.connections,
    server: first && (await platform.processes.look(first.pid)),
    own: platform.processes.state().mostDescriptors,
  })
}
