import { readFile } from 'node:fs/promises'
import { availableParallelism, release, totalmem } from 'node:os'

/** Where figures were measured; they mean nothing on another machine. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  /** What OpenSSL's fastest RSA needs. */
  readonly avx512ifma: boolean
  /** GB (10^9 bytes). */
  readonly memory: number
  readonly kernel: string
  readonly openssl: string
  readonly bun: string
  readonly node: string
}

export async function describeMachine(node: string): Promise<Machine> {
  const cpu = parseCpuInfo(await readFile('/proc/cpuinfo', 'utf8'))
  return {
    ...cpu,
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 1e9),
    kernel: release(),
    openssl: await firstLine(['openssl', 'version']),
    bun: Bun.version,
    node: await firstLine([node, '--version']),
  }
}

/** The model and whether it has AVX-512 IFMA, of the text of /proc/cpuinfo. */
export function parseCpuInfo(text: string): Pick<Machine, 'cpu' | 'avx512ifma'> {
  return {
    cpu: /^model name\s*:\s*(.+)$/m.exec(text)?.[1] ?? process.arch,
    avx512ifma: /^flags\s*:.*\bavx512ifma\b/m.test(text),
  }
}

async function firstLine(command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore' })
  return (await new Response(child.stdout).text()).split('\n')[0]?.trim() ?? ''
}
