/**
 * Dynamic configuration of the server that `npm start` runs, in addition to its defaults. Server 1.32 already orders
 * tasks by priority (`matching.useNewMatcher`) and supports worker deployments (`system.enableDeploymentVersions`),
 * but ignores shares among users by default.
 * source: temporalio/temporal, common/dynamicconfig/constants.go
 */
export const DEV_SERVER_SETTINGS: readonly string[] = [
  'matching.useNewMatcher=true',
  'matching.enableFairness=true',
  // Each partition of a queue has its own order, and several are only needed for loads that one server does not have. The server still
  // reads the other partitions, where older tasks may wait.
  'matching.numTaskqueueWritePartitions=1',
];
