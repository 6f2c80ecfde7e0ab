import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dir, '../..')
const unitFile = join(root, 'deploy/systemd/grantd.service')
const executable = join(root, 'dist/grantd')

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-systemd-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function output(...command: string[]): Promise<{ code: number; text: string }> {
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, text: out + err }
}

describe('deploy/systemd/grantd.service', () => {
  test('systemd-analyze verify accepts it', async () => {
    const file = join(folder, 'grantd.service')
    // Verify wants the executable to be there; here it is not installed.
    const unit = (await readFile(unitFile, 'utf8')).replaceAll('/usr/local/bin/grantd', executable)
    await Bun.write(file, unit)
    expect(await output('systemd-analyze', 'verify', file)).toEqual({ code: 0, text: '' })
  })

  test('systemd-analyze security rates it as its README says', async () => {
    const { text } = await output('systemd-analyze', 'security', '--offline=true', unitFile)
    const score = /Overall exposure level for grantd\.service: ([\d.]+)/.exec(text)?.[1] ?? 'none'
    expect(Number(score)).toBeLessThan(1.5)
    const version = /^systemd (\d+)/.exec((await output('systemctl', '--version')).text)?.[1]
    const readme = await readFile(join(root, 'deploy/systemd/README.md'), 'utf8')
    // Each version of systemd rates a little differently; the README names the one that it quotes.
    const quoted = /exposure level of ([\d.]+) \(systemd (\d+)\)/.exec(readme)
    expect(quoted).not.toBeNull()
    if (quoted?.[2] === version) expect(quoted?.[1]).toBe(score)
  })
})

/**
 * What is done inside of a machine that systemd has booted; each line of its output is a fact. Where its cgroups do not tell that they
 * are empty, systemd waits for TimeoutStopSec before it starts anew what was killed, though no process is left.
 */
const probe = `
exec >/report 2>&1
show() { echo "$1: $(systemctl show --value -p "$2" grantd)"; }
base=http://127.0.0.1:3000; tenant=$base/api/v1/tenant/test-tenant
wait_for() { for _ in $(seq 300); do curl -sf $base/health/ready >/dev/null && return; sleep 0.1; done; echo "not ready"; }
get_token() { curl -s -u your-client-id:your-client-secret -d grant_type=client_credentials $tenant/oauth/token | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'; }
try() { curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $1" $base/api/v1/protected-resource; }
field() { sed -n "s/^$1:[[:space:]]*\\([0-9a-f]*\\).*/\\1/p" "$status"; }
systemctl start grantd; wait_for
token=$(get_token); keys=$(curl -s $tenant/.well-known/jwks.json)
echo "answer: $(try "$token")"
status=/proc/$(systemctl show --value -p MainPID grantd)/status
[ "$(field Uid)" != 0 ] && echo "user: not root"
echo "capabilities: $(field CapBnd)"
echo "seccomp: $(field Seccomp)"
echo "folder: $(stat -c %a /var/lib/private/grantd)"
systemctl restart grantd; wait_for
[ "$(curl -s $tenant/.well-known/jwks.json)" = "$keys" ] && echo "keys after a restart: the same"
echo "answer after a restart: $(try "$token")"
main=$(systemctl show --value -p MainPID grantd)
printf '\n  second: { name: Second, oauth2: {} }\n' >>/etc/grantd/config.yaml
systemctl reload grantd && for _ in $(seq 100); do curl -sf $base/api/v1/tenant/second/.well-known/jwks.json >/dev/null && break; sleep 0.1; done
echo "a new tenant after a reload: $(curl -s -o /dev/null -w '%{http_code}' $base/api/v1/tenant/second/.well-known/jwks.json)"
[ "$(systemctl show --value -p MainPID grantd)" = "$main" ] && echo "main process after a reload: the same"
kill -KILL "$(systemctl show --value -p MainPID grantd)"; sleep 1.2; wait_for
show "restarts after a crash" NRestarts
systemctl stop grantd
show "exit code" ExecMainStatus
show "result" Result
systemctl start grantd; wait_for
echo "nonsense: 1" >>/etc/grantd/config.yaml
systemctl reload grantd >/dev/null 2>&1 || echo "a bad configuration: systemctl reload fails"
echo "answer after it: $(try "$(get_token)")"
systemctl stop grantd
systemctl start grantd >/dev/null 2>&1 || echo "a bad configuration: systemctl start fails"
`

const files: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
  'etc/group': 'root:x:0:\n',
  // A machine that has booted before: else systemd enables all that the host has installed.
  'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
  'probe.sh': probe,
  'etc/systemd/system/probe.service':
    '[Unit]\nSuccessAction=exit-force\nFailureAction=exit-force\n[Service]\nType=oneshot\nExecStart=/bin/sh /probe.sh\n',
  'etc/systemd/system/test.target':
    '[Unit]\nRequires=basic.target probe.service\nAfter=basic.target\nAllowIsolate=yes\n',
}

/** A machine whose /usr is that of the host, and whose other folders are its own. */
async function layMachine(machine: string): Promise<void> {
  for (const name of ['usr', 'var', 'tmp', 'proc', 'sys', 'dev', 'run', 'root', 'etc/grantd'])
    await mkdir(join(machine, name), { recursive: true })
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) await symlink(`usr/${name}`, join(machine, name))
  for (const [name, text] of Object.entries(files)) await Bun.write(join(machine, name), text)
  await copyFile('/etc/os-release', join(machine, 'etc/os-release'))
  await copyFile(unitFile, join(machine, 'etc/systemd/system/grantd.service'))
  await copyFile(join(root, 'config.yaml'), join(machine, 'etc/grantd/config.yaml'))
  // There is no network to wait for.
  await symlink('/dev/null', join(machine, 'etc/systemd/system/systemd-networkd-wait-online.service'))
}

/** Boots it in namespaces of its own and answers what the probe reports. */
async function boot(machine: string, programs: string): Promise<string> {
  const nspawn = [
    `mount -t tmpfs tmpfs /run && exec timeout --kill-after=5 60 systemd-nspawn --quiet --directory=${machine}`,
    '--register=no --keep-unit --private-network --console=pipe',
    `--bind-ro=/usr --bind-ro=${programs}:/usr/local/bin --boot systemd.unit=test.target`,
  ].join(' ')
  const { text } = await output('unshare', '--mount', '--propagation', 'private', 'sh', '-c', nspawn)
  const report = Bun.file(join(machine, 'report'))
  return (await report.exists()) ? await report.text() : text
}

const mounts = await readFile('/proc/self/mountinfo', 'utf8')
const cannotBoot =
  process.getuid?.() !== 0
    ? 'it takes root'
    : / - cgroup2? /.test(mounts)
      ? undefined
      : 'no cgroups are mounted'

test.skipIf(cannotBoot !== undefined)(
  `a machine booted by systemd runs the unit with all its restrictions${cannotBoot ? ` (skipped: ${cannotBoot})` : ''}`,
  async () => {
    const machine = join(folder, 'machine')
    const programs = join(folder, 'programs')
    await mkdir(programs)
    await copyFile(executable, join(programs, 'grantd'))
    await chmod(join(programs, 'grantd'), 0o755)
    await layMachine(machine)
    expect(await boot(machine, programs)).toBe(
      [
        'answer: 200',
        'user: not root',
        'capabilities: 0000000000000000',
        'seccomp: 2',
        'folder: 700',
        'keys after a restart: the same',
        'answer after a restart: 200',
        'a new tenant after a reload: 200',
        'main process after a reload: the same',
        'restarts after a crash: 1',
        'exit code: 0',
        'result: success',
        'a bad configuration: systemctl reload fails',
        'answer after it: 200',
        'a bad configuration: systemctl start fails',
        '',
      ].join('\n'),
    )
  },
)
