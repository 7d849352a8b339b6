import { FakeMeshEvents } from '../fakes/mesh-events.ts'
import { openFake } from './fake-cluster.ts'
import { meshEventsContract } from './mesh-events.ts'

meshEventsContract('in memory', async () => {
  const { cluster, close } = openFake()
  const events = new FakeMeshEvents()
  const eventsOf = async (name: string) =>
    events.recorded
      .filter(({ object }) => object.name === name && object.namespace === cluster.namespace)
      .map(({ event }) => event.message)
  return { cluster, close, events, eventsOf }
})
