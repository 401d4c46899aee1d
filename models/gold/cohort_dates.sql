-- cohort_dates: the Mondays of the weeks whose cohorts change.
-- reads: cohort_changes
-- result: dates
SELECT DISTINCT week AS date
FROM cohort_changes
