import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Installation } from '../tools/install.ts'
import type { PortName, Ports } from './ports.ts'

/** The place of one sandbox: its folder and its ports. */
export interface Site {
  state: string
  ports: Ports
}

export type PartName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'istiod'
  | 'gateway'
  | 'prometheus'
  | 'temporal'
  | 'agent'

/** How to start a program. */
export interface Launch {
  command: string
  args: string[]
  env?: Record<string, string>
  cwd?: string
}

/** One program of the sandbox. */
export interface Part {
  name: PartName
  /** Ports it listens on, for itself alone. */
  ports: readonly PortName[]
  /** From SIGTERM to SIGKILL, in milliseconds. */
  graceMs: number
  /** Where people and programs reach it. */
  endpoint(site: Site): string
  /** Writes its configuration and says how to start it. */
  launch(site: Site, installation: Installation): Launch
  /** Resolves if it does its work; else rejects with the reason. */
  check(site: Site): Promise<void>
}

/** Folder of a part's data and configuration, made if it isn't there. It is removed by `down`. */
export function dataFolder(site: Pick<Site, 'state'>, part: PartName): string {
  const folder = join(dataRoot(site.state), part)
  mkdirSync(folder, { recursive: true })
  return folder
}

export function dataRoot(state: string): string {
  return join(state, 'data')
}

export function logsFolder(state: string): string {
  return join(state, 'logs')
}

export function logFile(state: string, name: string): string {
  return join(logsFolder(state), `${name}.log`)
}

export function local(port: number): string {
  return `127.0.0.1:${port}`
}

export function url(port: number): string {
  return `http://${local(port)}`
}
