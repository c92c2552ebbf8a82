"""Load for bench/serving.sh: python3 bench/serving.py URL MODEL TEXTS MODE SECONDS [CLIENTS|RATE] [SERVER_PID]

MODE: closed (CLIENTS that ask again as soon as they are answered), poisson (RATE arrivals a second, whether answered or not).
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
    body = json.dumps({"inputs": text, "model": model}).encode()
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
    if answer[0]["label"] != expected[text][0]["label"] or abs(answer[0]["score"] - expected[text][0]["score"]) > 1e-6:
        wrong += 1


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


def resident():
    return int(next(line for line in open(f"/proc/{server}/status") if line.startswith("VmRSS")).split()[1]) // 1024 if server else None


async def main():
    random.seed(28)
    for text in texts:
        status, expected[text] = await ask(text)
        assert status == 200, (status, expected[text])
    before, cpu, start = resident(), resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    end = start + float(seconds)
    await (poisson(end) if mode == "poisson" else asyncio.gather(*[client(end) for _ in range(int(amount))]))
    took, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    latencies.sort()
    at = lambda share: round(latencies[min(len(latencies) - 1, int(share * len(latencies)))], 1) if latencies else None
    print(json.dumps({"mode": mode, "amount": amount, "seconds": round(took, 1), "answers_a_second": round(len(latencies) / took, 1), "p50_ms": at(0.5), "p99_ms": at(0.99),
                      "statuses": counts, "wrong": wrong, "resident_mb_before": before, "resident_mb_after": resident(),
                      "load_cpu_seconds": round(used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime, 1)}))


asyncio.run(main())
