"""Load for bench/serving.sh: python3 bench/serving.py URL MODEL TEXTS MODE SECONDS [CLIENTS|RATE] [SERVER_PID]

MODE: closed (CLIENTS that ask again as soon as they are answered), poisson (RATE arrivals a second, whether answered or not), mixed (CLIENTS of whom some
vanish before they are answered, send malformed or oversized bodies, or ask for 32 texts at once).
Every answer is compared with the one that the same text got alone before. Prints one JSON line; `load_cpu_seconds` is this generator's own processor time.
Asks over kept connections with the standard library alone.
"""
import asyncio, json, random, resource, sys, time
from urllib.parse import urlparse

url, model, path, mode, seconds = sys.argv[1:6]
amount = float(sys.argv[6]) if len(sys.argv) > 6 else 64
server = sys.argv[7] if len(sys.argv) > 7 else None
place = urlparse(url)
texts = [line.rstrip("\n").split("\t")[0] for line in open(path, encoding="utf-8")][1:513]
free, expected, latencies, counts, wrong = [], {}, [], {}, 0


async def ask(text):
    return await post(json.dumps({"inputs": text, "model": model}).encode())


async def ask_many(many):
    return await post(json.dumps({"inputs": [[text] for text in many], "model": model}).encode())


def same(answer, wanted):
    return answer[0]["label"] == wanted[0]["label"] and abs(answer[0]["score"] - wanted[0]["score"]) <= 1e-6


async def post(body):
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    reader, writer = free.pop() if free else await asyncio.open_connection(place.hostname, place.port)
    writer.write(head + body)
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length"))
    answer = await reader.readexactly(length)
    free.append((reader, writer))
    return int(lines[0].split()[1]), json.loads(answer)


async def timed(text):
    global wrong
    start = time.perf_counter()
    try:
        status, answer = await ask(text)
    except (OSError, asyncio.IncompleteReadError):
        status, answer = 0, None  # lost
    counts[status] = counts.get(status, 0) + 1
    if status != 200:
        if mode == "closed":
            await asyncio.sleep(0.05)
        return
    latencies.append(1000 * (time.perf_counter() - start))
    wrong += not same(answer, expected[text])


async def mixed(end):
    global wrong
    while time.perf_counter() < end:
        kind = random.random()
        if kind < 0.85:
            await timed(random.choice(texts))
        elif kind < 0.9:  # gone before the answer
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            body = json.dumps({"inputs": random.choice(texts), "model": model})
            writer.write(f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}".encode())
            await writer.drain()
            await asyncio.sleep(0.02 * random.random())
            writer.close()
            counts["vanished"] = counts.get("vanished", 0) + 1
        elif kind < 0.97:  # refused with 4xx
            sent = random.choice([b'{"inputs": ', b'{"inputs": 3}', b'{"inputs": "x", "other": 1}', b'{"inputs": "' + b"a" * 2_100_000 + b'"}'])
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            try:
                writer.write(b"POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(sent) + sent)
                status = int((await reader.readline()).split()[1])
            except (OSError, IndexError):
                status = 413  # ended in the middle of a body that is too large
            writer.close()
            counts[status] = counts.get(status, 0) + 1
            wrong += not 400 <= status < 500
        else:
            many = random.choices(texts, k=32)
            status, answer = await ask_many(many)
            counts[status] = counts.get(status, 0) + 1
            if status == 200:
                wrong += any(not same(one, expected[text]) for one, text in zip(answer, many))


async def client(end):
    while time.perf_counter() < end:
        await timed(random.choice(texts))


async def poisson(end):
    asked = set()
    while time.perf_counter() < end:
        await asyncio.sleep(random.expovariate(amount))
        task = asyncio.create_task(timed(random.choice(texts)))
        asked.add(task)
        task.add_done_callback(asked.discard)
    await asyncio.gather(*asked)


async def batches():
    """The engine's seconds and its batches so far."""
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    found = [line.split()[1] for name in ("graft_batch_seconds_sum", "graft_batch_seconds_count") for line in text.split("\n") if line.startswith(name)]
    return float(found[0]), int(found[1])


def resident():
    return int(next(line for line in open(f"/proc/{server}/status") if line.startswith("VmRSS")).split()[1]) // 1024 if server else None


async def main():
    random.seed(28)
    for text in texts:
        status, expected[text] = await ask(text)
        assert status == 200, (status, expected[text])
    engine_before = await batches()
    before, cpu, start = resident(), resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    end = start + float(seconds)
    await (poisson(end) if mode == "poisson" else asyncio.gather(*[(mixed if mode == "mixed" else client)(end) for _ in range(int(amount))]))
    took, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    engine = [now - then for now, then in zip(await batches(), engine_before)]
    latencies.sort()
    at = lambda share: round(latencies[min(len(latencies) - 1, int(share * len(latencies)))], 1) if latencies else None
    print(json.dumps({"mode": mode, "amount": amount, "seconds": round(took, 1), "answers_a_second": round(len(latencies) / took, 1), "p50_ms": at(0.5), "p99_ms": at(0.99),
                      "mean_ms": round(sum(latencies) / max(1, len(latencies)), 1), "engine_ms_a_batch": round(1000 * engine[0] / max(1, engine[1]), 1),
                      "engine_busy": round(engine[0] / took, 2),
                      "statuses": counts, "wrong": wrong, "resident_mb_before": before, "resident_mb_after": resident(),
                      "load_cpu_seconds": round(used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime, 1)}))


asyncio.run(main())
