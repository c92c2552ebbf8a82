namespace Graft.Tokenizers.Models;

/// <summary>A binary heap that keeps its memory: the least item comes first.</summary>
internal sealed class MinHeap<T>
    where T : struct, IComparable<T>
{
    private T[] _items = new T[32];
    private int _count;

    public void Push(T item)
    {
        if (_count == _items.Length) Array.Resize(ref _items, 2 * _count);
        int hole = _count++;
        while (hole > 0 && item.CompareTo(_items[(hole - 1) / 2]) < 0)
        {
            _items[hole] = _items[(hole - 1) / 2];
            hole = (hole - 1) / 2;
        }

        _items[hole] = item;
    }

    public bool TryPeek(out T item)
    {
        item = _items[0];
        return _count > 0;
    }

    public bool TryPop(out T item)
    {
        item = _items[0];
        if (_count == 0) return false;
        T last = _items[--_count];
        int hole = 0;
        for (int child = 1; child < _count; child = 2 * hole + 1)
        {
            if (child + 1 < _count && _items[child + 1].CompareTo(_items[child]) < 0) child++;
            if (last.CompareTo(_items[child]) <= 0) break;
            _items[hole] = _items[child];
            hole = child;
        }

        _items[hole] = last;
        return true;
    }
}
