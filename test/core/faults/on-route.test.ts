import { describe, expect, it } from 'vitest'
import { faultsOnRoutes, foreignNote } from '../../../src/core/faults/on-route.ts'
import { SERVICE, aVirtualService, to } from '../shop.ts'

const FAULT = { delay: { percentage: { value: 50 }, fixedDelay: '7s' } }

describe('faults of others in managed routes', () => {
  it('are told with who set them and what they do', () => {
    const object = aVirtualService([to('v1')], { fault: FAULT })
    const managedFields = [
      { manager: 'kubectl-edit', time: '2026-01-01T00:00:00Z', fieldsV1: { 'f:spec': { 'f:http': {} } } },
    ]
    const edited = { ...object, metadata: { ...object.metadata, managedFields } }
    expect(faultsOnRoutes(edited, SERVICE).map(foreignNote)).toEqual([
      'route primary of VirtualService shop/reviews has a fault that kubectl-edit set: delay 50 % by 7s; it is kept, and requests that meet it are not counted',
    ])
    expect(faultsOnRoutes(object, SERVICE).map(foreignNote)).toEqual([
      expect.stringContaining('a fault that somebody set: delay'),
    ])
  })

  it('are told with why they are kept', () => {
    const object = aVirtualService([to('v1')], { fault: FAULT })
    const annotations = { 'sluice.dev/keep-fault': 'game day' }
    const kept = { ...object, metadata: { ...object.metadata, annotations } }
    expect(faultsOnRoutes(kept, SERVICE).map(foreignNote)).toEqual([
      expect.stringContaining('(kept because: game day)'),
    ])
  })

  it('are none of routes that lead elsewhere, nor of copies of ours', () => {
    const object = aVirtualService()
    const [images = {}, ...others] = object.spec.http ?? []
    const http = [
      { ...others[0], name: 'sluice-fault-abc-0', fault: FAULT },
      { ...images, fault: FAULT },
    ]
    const faulted = { ...object, spec: { ...object.spec, http: [...http, ...others] } }
    expect(faultsOnRoutes(faulted, SERVICE)).toEqual([])
  })
})
