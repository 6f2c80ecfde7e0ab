import { chmod } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { codeOf } from '../durable-files.ts'
import { FileError } from '../files.ts'
import type { LocalServer, LocalSockets } from '../local-sockets.ts'

/** Bytes of a message: two configurations of the largest size. A longer one ends the connection. */
const longestMessage = 128 * 1024 * 1024

/** Local sockets over node:net, which Bun and Deno both have. A line is a message, because JSON has no line end in it. */
export const nodeLocalSockets: LocalSockets = { serve, ask }

async function serve(path: string, answer: (message: string) => Promise<string>): Promise<LocalServer> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    readLines(socket, (line) => {
      void answer(line).then((text) => {
        if (!socket.destroyed) socket.write(`${text}\n`)
      })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new FileError('listen at', path, codeOf(cause), { cause })))
    server.listen(path, resolve)
  })
  await chmod(path, 0o600).catch(() => {})
  // The socket alone does not keep the process alive.
  server.unref()
  return {
    close: () => {
      for (const socket of open) socket.destroy()
      return new Promise((resolve) => void server.close(() => resolve()))
    },
  }
}

/** Node's code for a path without a listener, and for one without anything. */
const nobody = ['ECONNREFUSED', 'ENOENT']

function ask(path: string, message: string, longest: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    const timer = setTimeout(() => {
      reject(new FileError('get an answer at', path, 'ETIMEDOUT'))
      socket.destroy()
    }, longest)
    socket.on('error', (cause) => {
      const code = codeOf(cause)
      if (nobody.includes(code)) resolve(undefined)
      else reject(new FileError('connect to', path, code, { cause }))
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(undefined)
    })
    socket.on('connect', () => void socket.write(`${message}\n`))
    readLines(socket, (line) => {
      resolve(line)
      socket.destroy()
    })
  })
}

function readLines(socket: Socket, take: (line: string) => void): void {
  const decoder = new TextDecoder()
  let parts: string[] = []
  let length = 0
  socket.on('data', (chunk: Uint8Array) => {
    length += chunk.byteLength
    if (length > longestMessage) return void socket.destroy()
    const [first = '', ...rest] = decoder.decode(chunk, { stream: true }).split('\n')
    parts.push(first)
    for (const next of rest) {
      const line = parts.join('')
      parts = [next]
      length = next.length
      take(line)
    }
  })
}
