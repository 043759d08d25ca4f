/** SQL of the lane of a job `j` (`contracts/job-queue.ts`). */
export const laneOfJob =
  "case when not j.is_prebuild then 'people' when j.is_pool_removal then 'removals' else 'prebuilds' end";
