/** The beginning of docs/configuration.md, which is written by hand. */
export const introduction = `
<!-- Made by scripts/config-reference.ts from src/config/schema.ts: do not edit. Make it again with
     sh scripts/bun.sh scripts/config-reference.ts -->

# Configuration

Everything is in one YAML file. \`grantd init\` writes a first one. \`grantd check\` shows every fault of a file, with line and
column. \`grantd schema\` prints the JSON Schema, with which an editor completes and checks while you type.

The minimum is:

\`\`\`yaml
tenants:
  acme:
    name: Acme
    oauth2:
      audience: [orders-api]
      scopes: { orders:read: Read orders }
    clients:
      billing:
        secret_env: BILLING_SECRET
        scopes: [orders:read]
\`\`\`

grantd looks for the file in this order: \`--config PATH\`, the environment variable \`GRANTD_CONFIG\`, \`config.yaml\` in the
current folder, \`/etc/grantd/config.yaml\`. When nothing is named and neither file exists, \`grantd\` serves a demo.

## Rules

- **Unknown keys are refused**, with a suggestion. grantd shows all faults at once and ends with 78 before it opens a port.
- **Everything but \`name\` of a tenant has a default.** \`null\` in the column means that a missing key and
  \`null\` are the same.
- **A duration** is a number of seconds, or \`30s\`, \`15m\`, \`1h\`, \`7d\`.
- **Texts stay texts**: a client id \`0123\` or \`no\` needs no quotes. A text that starts with \`*\`, \`&\`, \`!\` or \`@\` does.
- **A claim is any JSON value**: \`true\`, \`false\`, \`null\` and numbers as JSON spells them, without quotes, are values; everything else,
  such as \`0123\`, \`True\` or \`"12"\` in quotes, is a text. See [static claims](concepts.md).
- **Relative paths** start at the folder of the file.
- **A time** is in UTC, such as \`2030-01-31T00:00:00Z\`.
- **A change** takes effect at the next start, or at a [reload](operations/reload.md): tenants and everything in them, and a few
  settings of the server. The others [need new workers or a restart](operations/reload.md#what-needs-more-than-a-reload). The
  [storage](storage.md), not this file, keeps what \`grantd client\`, \`grantd tenant\` and the [admin API](admin-api.md) make; that takes
  effect at once.
- **Several files**: \`include: [tenants.d/*.yaml]\` adds the tenants of other files; see [below](#several-files).
- **A client's secret** comes from exactly one of \`secret\`, \`secret_env\`, \`secret_file\`, \`secret_hash\` and \`secrets\`.
  Make a secret with \`grantd secret\`: it prints the hash to paste. argon2id and bcrypt hashes are for secrets that a
  person chose; each costs a fraction of a second at its first use.
- **A client without a secret** has \`token_endpoint_auth_method: private_key_jwt\` and its public keys in \`jwks\` or \`jwks_file\`:
  see [private_key_jwt](private-key-jwt.md).
- **Scopes of grantd itself**, \`api-keys:manage\` (make [API keys](endpoints.md#api-keys)), \`api-keys:manage:all\` (list and
  revoke those of other clients) and \`grantd:admin\` (the admin API). A client gets them by its \`scopes\`. No tenant declares them, and
  they are in no default: a request asks for them by name, and gets a token for the issuer alone.

Several secrets at once, to change one without a gap; \`grantd secret rotate\` prints them:

\`\`\`yaml
tenants:
  acme:
    name: Acme
    oauth2:
      audience: [orders-api]
      scopes: { orders:read: Read orders }
    clients:
      billing:
        scopes: [orders:read]
        secrets: # any that is valid authenticates; its id is in the log as secret_id
          - { id: old, env: BILLING_SECRET, expires_at: 2030-01-31T00:00:00Z }
          - { id: new, hash: "sha256:666026ee1686d24d90974462e51bef8286ed2a6b867dc871c7bc48e8fe94f3d8" }
\`\`\`

## Several files

\`include\` adds the tenants of other files, so that a team owns the file of its tenant:

\`\`\`yaml
include: [tenants.d/*.yaml]
\`\`\`

- **An included file has the key \`tenants\` alone**, and includes no other file. A setting of the server in it is a fault.
- **A path** starts at the folder of config.yaml. \`*\` and \`?\` stand in its last part, for any characters of a name; names with a dot in
  front are left out. Files are read in the order of the list, and those of one entry by name.
- **A file that is named must be there**, and the folder of an entry with \`*\` or \`?\`, so that a disk that is not mounted removes no tenant.
  An entry that matches nothing in its folder is a warning.
- **A tenant is in one file**: a second one is a fault that names both places.
- **Paths in an included file**, such as \`jwks_file\`, start at the folder of config.yaml too.
- **Owner and mode** of each file are checked, as those of config.yaml, and the mode of the folder of an entry with \`*\` or \`?\`. Whoever can
  write one of them gives out the tokens of its tenants.
- **\`grantd check\`** names the file in each fault. \`grantd schema --included\` prints the JSON Schema of such files for editors.

## In place of the file

These replace a value of the file for one process:

| option of \`grantd serve\` | environment | replaces |
| --- | --- | --- |
| \`--host HOST\` | \`GRANTD_HOST\` | \`server.host\` |
| \`--port PORT\` | \`GRANTD_PORT\` | \`server.port\` |
| \`--data-dir PATH\` | \`GRANTD_DATA_DIR\` | \`data_dir\` |
| \`--log-level LEVEL\` | \`GRANTD_LOG_LEVEL\` | \`log.level\` |
| \`--log-format FORMAT\` | \`GRANTD_LOG_FORMAT\` | \`log.format\` |
| \`--workers N\` | \`GRANTD_WORKERS\` | nothing: it runs that many processes on the port, see [deployment](deployment.md#several-workers) |
| | \`GRANTD_STORAGE\` | \`storage\`, for a URL that holds a password |

grantd reads \`GRANTD_MASTER_KEY\` where \`master_key_file\` is not set. Commands that work on the keys or the storage take
\`--config\` and \`--data-dir\` and the same environment.

An option wins over the environment, which wins over the file. None of them changes \`server.public_url\`, on which
links and the default issuer depend.
`
