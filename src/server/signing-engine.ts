import type { Config } from '../config/schema.ts'
import { BuiltinEngine } from '../keys/signing/builtin-engine.ts'
import { type EngineNews, renderNews } from '../keys/signing/openssl/engine-news.ts'
import { openOpensslEngine } from '../keys/signing/openssl/openssl-engine.ts'
import type { SigningEngine } from '../keys/signing/signer.ts'
import type { Log } from '../log.ts'
import { hostOpenssl } from '../platform/openssl/host-openssl.ts'
import type { ThreadEnd } from '../platform/openssl/openssl-port.ts'
import type { Platform } from '../platform/platform.ts'

/** Opens the signing engine of this server; `processes` share the work. Throws SigningEngineError. */
export async function openServerEngine(
  { server }: Pick<Config, 'server'>,
  { platform, log, processes }: { platform: Platform; log: Log; processes: number },
): Promise<SigningEngine> {
  const choice = server.signing_engine
  const host = { ...platform, ...hostOpenssl }
  const onNews = (news: EngineNews) => log('info', 'signing engine', renderNews(news))
  const onThreadEnd = (end: ThreadEnd) => log('warn', 'a signing thread has ended', { ...end })
  if (choice !== 'builtin') return openOpensslEngine(choice, { host, processes, onNews, onThreadEnd })
  return new BuiltinEngine(platform, processes)
}
