#!/bin/bash
# Triages a folder of collections as a Slurm job array, each job a part of it.
#
#   sbatch --array=1-8 slurm.sh COLLECTIONS WORK
#   sbatch --dependency=afterany:JOBID slurm.sh --merge WORK CASE
#
# COLLECTIONS and WORK must be seen by all nodes under the same names. Each job
# writes WORK/shard-N; the last one, once the array has ended, makes CASE of
# them. A job that was killed goes on where it stopped when the array is run
# again. HIVETRIAGE names the program where it is not in the PATH; further
# options of the program follow the two folders.
#SBATCH --job-name=hivetriage
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --output=hivetriage-%A-%a.log
set -u

program=${HIVETRIAGE:-hivetriage}

# The exit codes 0, 1 and 3 tell what was found; the job has done its work.
worked() {
  case $1 in
    0 | 1 | 3) exit 0 ;;
    *) exit "$1" ;;
  esac
}

if [ "${1:-}" = --merge ]; then
  work=$2 case=$3
  shift 3
  "$program" --merge "$work"/shard-* --output "$case" --progress plain "$@"
  worked $?
fi

collections=$1 work=$2
shift 2
mkdir -p "$work"
# Which part it takes, the program reads from SLURM_ARRAY_TASK_ID and its kin.
"$program" --batch "$collections" --output "$work/shard-$SLURM_ARRAY_TASK_ID" \
  --jobs "${SLURM_CPUS_PER_TASK:-2}" --resume --progress plain "$@"
worked $?
