import type { Config } from '../config/schema.ts'
import type { EngineNews } from '../keys/signing/sign-choice.ts'
import { openSigningEngine } from '../keys/signing/sign-engine.ts'
import type { SigningEngine } from '../keys/signing/signer.ts'
import type { Log } from '../log.ts'
import type { Platform } from '../platform/platform.ts'

/** What makes the signatures of this server, of which `processes` share the work. Throws SigningEngineError. */
export function openServerEngine(
  { server }: Pick<Config, 'server'>,
  { platform, log, processes }: { platform: Platform; log: Log; processes: number },
): Promise<SigningEngine> {
  return openSigningEngine({
    choice: server.signing_engine,
    host: platform,
    processes,
    onNews: (news) => log('info', 'signing engine', renderNews(news)),
  })
}

function renderNews({ kind, engine, costs, library, provider, reason }: EngineNews) {
  const inMicroseconds = (milliseconds: number | undefined) => milliseconds && Math.round(milliseconds * 1000)
  return {
    key: kind,
    engine,
    builtin_us: inMicroseconds(costs?.builtin),
    openssl_us: inMicroseconds(costs?.openssl),
    library,
    provider,
    reason,
  }
}
