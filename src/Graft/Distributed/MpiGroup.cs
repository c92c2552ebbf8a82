using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Graft.Distributed;

/// <summary>
/// Ranks of an MPI job. Everything is made of messages between two ranks that are polled: whoever does not come within the limit is named,
/// where the library's own collective operations would wait for ever.
/// </summary>
internal sealed unsafe class MpiGroup : IProcessGroup
{
    private const int DataTag = 1, MeetingTag = 2;
    private const int MostBytes = 1 << 30; // a message's length is an int
    // rank 0 names who is missing; the others wait a little longer to hear of it
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(10);
    private readonly MpiLibrary _library;
    private readonly TimeSpan _limit;
    private readonly string[] _hosts;
    private bool _isOver;

    /// <summary>Joins the job.</summary>
    /// <param name="launcher">What started it.</param>
    /// <param name="library">The library of its own kind.</param>
    /// <param name="limit">How long others are waited for.</param>
    /// <exception cref="InputException">Launcher and library do not belong together.</exception>
    /// <exception cref="RankMissingException">Not all came within the limit.</exception>
    public MpiGroup(Launcher launcher, MpiLibrary library, TimeSpan limit)
    {
        (_library, _limit) = (library, limit);
        (Rank, Size) =
            library.Start(limit)
            ?? throw new RankMissingException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"rank {launcher.Rank} is here, but not all of the {launcher.Size} that {launcher.Name} was to start have come within "
                        + $"{limit.TotalSeconds:0} s: those that do not say this did not start, or cannot be reached"
                )
            );
        if (Size != launcher.Size)
        {
            string other = library.IsOpenMpi ? "Open MPI" : "MPICH or one of its kin";
            library.Finish();
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{launcher.Name} started {launcher.Size} processes ({launcher.Variable}), but {library.Name}, which is {other}, "
                        + $"sees {Size}: launcher and library do not belong together, and each process would train alone; start with "
                        + $"that library's own launcher, or name the other with `mpi-library`"
                )
            );
        }

        string[] places = Texts($"{Environment.MachineName}\n{AllowedProcessors()}");
        _hosts = [.. places.Select(place => place.Split('\n')[0])];
        int[] here = [.. Enumerable.Range(0, Size).Where(rank => _hosts[rank] == _hosts[Rank])];
        (LocalRank, LocalSize) = (Array.IndexOf(here, Rank), here.Length);
        Processors = Math.Max(1, Environment.ProcessorCount / here.Count(rank => places[rank] == places[Rank]));
        static string Count(int count, string what) =>
            string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");
        string machines = Count(_hosts.Distinct(StringComparer.Ordinal).Count(), "machine");
        Description = $"{launcher.Name}, {library.Name}: {Count(Size, "rank")} on {machines}";
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public int LocalRank { get; }

    /// <inheritdoc/>
    public int LocalSize { get; }

    /// <inheritdoc/>
    public int Processors { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public void AllToAll(IReadOnlyList<RankMessage> send, IReadOnlyList<RankMessage> receive)
    {
        Requests requests = new(this);
        foreach (RankMessage message in receive) requests.Receive(message, DataTag);
        foreach (RankMessage message in send) requests.Send(message, DataTag);
        requests.Wait(_limit, sleep: false);
    }

    /// <inheritdoc/>
    public void AllGather(nint buffer, IReadOnlyList<long> cuts)
    {
        Requests requests = new(this);
        foreach (int rank in Others())
            requests.Receive(new RankMessage(rank, buffer + (nint)cuts[rank], cuts[rank + 1] - cuts[rank]), DataTag);
        foreach (int rank in Others())
            requests.Send(new RankMessage(rank, buffer + (nint)cuts[Rank], cuts[Rank + 1] - cuts[Rank]), DataTag);
        requests.Wait(_limit, sleep: false);
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> data)
    {
        fixed (byte* address = data)
        {
            Requests requests = new(this);
            if (Rank > 0) requests.Receive(new RankMessage(0, (nint)address, data.Length), DataTag);
            else foreach (int rank in Others()) requests.Send(new RankMessage(rank, (nint)address, data.Length), DataTag);
            requests.Wait(_limit, sleep: true);
        }
    }

    /// <inheritdoc/>
    public MeetingResult Meet(byte wish, Func<byte, MeetingResult> decide) => Meet(wish, decide, _limit);

    /// <inheritdoc/>
    public void WaitForFirst() => Meet(0, _ => default, Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public void Abort(int code)
    {
        if (_isOver) return;
        _isOver = true;
        _library.Abort(code);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOver) return;
        _isOver = true;
        WaitForFirst(); // rank 0 may still have to evaluate and to write: asleep, not in the library's busy wait
        _library.Finish();
    }

    private MeetingResult Meet(byte wish, Func<byte, MeetingResult> decide, TimeSpan limit)
    {
        if (Size == 1) return decide(wish);
        MeetingResult result = default;
        if (Rank == 0)
        {
            byte[] wishes = new byte[Size];
            fixed (byte* address = wishes)
            {
                Requests came = new(this);
                foreach (int rank in Others()) came.Receive(new RankMessage(rank, (nint)(address + rank), 1), MeetingTag);
                came.Wait(limit, sleep: true);
            }

            result = decide(wishes.Aggregate(wish, (all, one) => (byte)(all | one)));
        }

        Requests answers = new(this);
        if (Rank == 0)
        {
            foreach (int rank in Others()) answers.Send(new RankMessage(rank, (nint)(&result), sizeof(MeetingResult)), MeetingTag);
        }
        else
        {
            answers.Send(new RankMessage(0, (nint)(&wish), 1), MeetingTag);
            answers.Receive(new RankMessage(0, (nint)(&result), sizeof(MeetingResult)), MeetingTag);
        }

        answers.Wait(limit == Timeout.InfiniteTimeSpan ? limit : limit + (Rank == 0 ? TimeSpan.Zero : s_grace), sleep: true);
        return result;
    }

    // each begins with another: no rank gets all at once
    private IEnumerable<int> Others() => Enumerable.Range(1, Size - 1).Select(distance => (Rank + distance) % Size);

    /// <summary>The processors of this process's affinity mask: ranks with the same one share them.</summary>
    private static string AllowedProcessors() => OperatingSystem.IsLinux()
        ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)) ?? ""
        : "";

    private string[] Texts(string mine) => RankTexts.Gather(this, mine);

    /// <summary>Messages under way.</summary>
    private sealed class Requests(MpiGroup group)
    {
        private readonly List<(RankMessage Message, int Tag, bool IsSend)> _pieces = [];

        public void Send(RankMessage message, int tag) => Add(message, tag, isSend: true);

        public void Receive(RankMessage message, int tag) => Add(message, tag, isSend: false);

        /// <summary>Waits for all of them.</summary>
        /// <param name="limit">How long.</param>
        /// <param name="sleep">True where others may still be computing: a millisecond's sleep between questions leaves them the processor.
        /// False where bytes are flowing, which they do only while the library is asked.</param>
        public void Wait(TimeSpan limit, bool sleep)
        {
            // freed where all are done; the library writes into those that are not
            nint* slots = (nint*)NativeMemory.AllocZeroed((nuint)Math.Max(1, _pieces.Count), (nuint)sizeof(nint));
            bool[] done = new bool[_pieces.Count];
            for (int i = 0; i < _pieces.Count; i++)
            {
                (RankMessage message, int tag, bool isSend) = _pieces[i];
                if (isSend) group._library.Send(message.Address, (int)message.Bytes, message.Rank, tag, slots + i);
                else group._library.Receive(message.Address, (int)message.Bytes, message.Rank, tag, slots + i);
            }

            long start = Stopwatch.GetTimestamp();
            int left = _pieces.Count;
            for (int asked = 1; left > 0; asked++)
            {
                for (int i = 0; i < done.Length; i++)
                {
                    if (done[i] || !group._library.IsDone(slots + i)) continue;
                    done[i] = true;
                    left--;
                }

                if (left == 0) break;
                if (sleep && asked > 200) Thread.Sleep(1);
                else Thread.Yield();
                if (limit != Timeout.InfiniteTimeSpan && Stopwatch.GetElapsedTime(start) > limit) throw Missing(done, limit);
            }

            NativeMemory.Free(slots);
        }

        private void Add(RankMessage message, int tag, bool isSend)
        {
            for (long from = 0; from < message.Bytes; from += MostBytes)
                _pieces.Add(
                    (
                        message with
                        {
                            Address = message.Address + (nint)from,
                            Bytes = Math.Min(MostBytes, message.Bytes - from),
                        },
                        tag,
                        isSend
                    )
                );
        }

        private RankMissingException Missing(bool[] done, TimeSpan limit)
        {
            // Who sends nothing is missing; where all has come, whoever takes nothing.
            (RankMessage Message, int Tag, bool IsSend)[] open = [.. _pieces.Where((_, i) => !done[i])];
            bool anyReceive = open.Any(piece => !piece.IsSend);
            int[] ranks = [.. open.Where(piece => !anyReceive || !piece.IsSend).Select(piece => piece.Message.Rank).Distinct().Order()];
            string who = string.Join(
                ", ",
                ranks.Select(rank =>
                    string.Create(CultureInfo.InvariantCulture, $"rank {rank}") + (group._hosts is { } hosts ? $" on {hosts[rank]}" : "")
                )
            );
            return new RankMissingException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{who} did not come within {limit.TotalSeconds:0} s; the same command (training: with `resume`) goes on, "
                        + $"on as many ranks as there are"
                )
            );
        }
    }
}
