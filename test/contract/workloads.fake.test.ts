import { openFake } from './fake-cluster.ts'
import { workloadsContract } from './workloads.ts'

workloadsContract('in memory', async () => {
  const { fake, ...subject } = openFake()
  return { ...subject, workloads: fake.ports.workloads }
})
