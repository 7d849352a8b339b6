import { openFake } from './fake-cluster.ts'
import { scalingContract } from './scaling.ts'

scalingContract('in memory', async () => {
  const { fake, ...subject } = openFake()
  return { ...subject, workloads: fake.ports.workloads, scaling: fake.ports.scaling }
})
