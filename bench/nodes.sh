#!/usr/bin/env bash
# bench/nodes.sh [RANKS A NODE]: two "machines" on this one, as network namespaces with a cable between them: trains a small model across it and counts the bytes on the wire.
# Compares the weights with one process's, and the bytes of an update with all-reduce's 2 (N - 1) / N times the parameters. As root; apt-get install openmpi-bin libopenmpi3 iproute2.
# Two runs of different length are subtracted, so that the start (and SSH's part of it) does not count. GRAFT: the program, as built otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
each=${1:-1}
ranks=$((2 * each))
graft=${GRAFT:-artifacts/bin/Graft.Cli/release/graft}
graft=$(readlink -f "$graft")
work=$(mktemp -d)
cleanup() { ip netns del "na$$" 2>/dev/null || true; ip netns del "nb$$" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
[ "$(id -u)" = 0 ] || { echo "skipped: only root makes network namespaces"; exit 77; }
command -v mpirun.openmpi >/dev/null && command -v ip >/dev/null || { echo "skipped: apt-get install openmpi-bin libopenmpi3 iproute2"; exit 77; }

ip netns add "na$$"
ip netns add "nb$$"
ip link add "va$$" netns "na$$" type veth peer name "vb$$" netns "nb$$"
for side in a b; do
  ip netns exec "n$side$$" ip link set lo up
  ip netns exec "n$side$$" ip link set "v$side$$" up
done
ip netns exec "na$$" ip addr add 10.77.0.1/24 dev "va$$"
ip netns exec "nb$$" ip addr add 10.77.0.2/24 dev "vb$$"

# In place of ssh: the command in the namespace of the address, with a host name of its own, or the two would use shared memory.
cat >"$work/agent" <<AGENT
#!/bin/bash
case \$1 in 10.77.0.1) ns=na$$ ;; *) ns=nb$$ ;; esac
shift
exec ip netns exec \$ns unshare --uts sh -c "hostname \$ns; \$*"
AGENT
chmod +x "$work/agent"
cat >"$work/config.json" <<'CONFIG'
{"model_type": "bert", "vocab_size": 1000, "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024, "max_position_embeddings": 64}
CONFIG
export GRAFT_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

train() { # OUTPUT STEPS LAUNCHER...
  local output=$1 steps=$2
  shift 2
  timeout -s KILL 900 "$@" "$graft" pretrain --model-config "$work/config.json" --tokenizer models/graft-small-plain --corpus samples/prose.txt --held-out 0 \
    --output "$work/$output" --steps "$steps" --learning-rate 0.001 --schedule constant --warmup 0 --batch-size 16 --max-length 32 --dropout 0.1 --gradient-groups 8 --checkpoint-every 1000 >"$work/$output.log" 2>&1 || { tail -n 20 "$work/$output.log"; exit 1; }
}

sent() { ip netns exec "na$$" cat "/sys/class/net/va$$/statistics/tx_bytes"; }

nodes() { # OUTPUT STEPS
  train "$1" "$2" ip netns exec "na$$" unshare --uts sh -c "hostname na$$; exec \"\$@\"" sh \
    mpirun.openmpi -H "10.77.0.1:$each,10.77.0.2:$each" --mca plm_rsh_agent "$work/agent" --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 --bind-to none -np "$ranks"
}

before=$(sent); nodes short 2; between=$(sent); nodes long 12; after=$(sent)
train alone 12
cmp "$work/alone/model.safetensors" "$work/long/model.safetensors" && echo "weights after 12 updates: the same bits on $ranks ranks of two nodes and on one process"
parameters=$(grep -oE '[0-9,]+ parameters' "$work/alone.log" | head -n 1 | tr -dc 0-9)
python3 - "$parameters" $((after - between - (between - before))) "$each" "$ranks" <<'PYTHON'
import sys
parameters, sent, each, ranks = map(int, sys.argv[1:])
update = sent / 10
# A node sends what its ranks send to those of the other node: of all-reduce's 2 (N - 1) / N of the parameters the share that leaves the machine.
ideal = each * 2 * (ranks - 1) / ranks * 4 * parameters * each / (ranks - 1)
print(f"{parameters:,} parameters, {ranks} ranks: a node sends {update / 1e6:.2f} MB an update; all-reduce's 2 (N - 1) / N would be {ideal / 1e6:.2f} MB: {update / ideal:.3f} times")
PYTHON
