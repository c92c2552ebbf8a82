using System.Runtime.InteropServices;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Autograd;

/// <summary>
/// One application of an operation with its own gradient: a node of libtorch's autograd graph whose backward pass is managed code.
/// </summary>
/// <remarks>
/// The binding's <c>torch.autograd.SingleTensorFunction</c> allocates a second tensor the size of every output and keeps incoming
/// gradients until the step's end: gigabytes in a BERT step. This node keeps what it is told to (<see cref="Keep"/>), lets go of it as
/// soon as the backward pass has used it, and disposes gradients on the way. It is computed in the
/// <see cref="ComputeContext"/> of its forward pass.
/// </remarks>
internal abstract unsafe class GradientNode
{
    private static readonly HashSet<GradientNode> s_alive = []; // native code holds their function pointers
    [ThreadStatic]
    private static Tensor?[]? s_returned;
    [ThreadStatic]
    private static nint[]? s_wrapped;

    private readonly ComputeContext _context = ComputeContext.Current; // the backward pass may run on another thread
    private readonly List<Tensor> _kept = [];
    private bool[] _needed = [];
    private nint* _returned;
    private ApplyFunction? _apply;
    private DeletedFunction? _deleted;
    private NativeMethods.NodePointers _pointers;
    private bool _spent;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate NativeMethods.TensorList ApplyFunction(nint* gradients, int count);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void DeletedFunction();

    /// <summary>True when an operation on these inputs has to be recorded.</summary>
    public static bool IsNeeded(params ReadOnlySpan<Tensor?> inputs)
    {
        if (!is_grad_enabled()) return false;
        foreach (Tensor? input in inputs)
        {
            if (input is not null && input.requires_grad) return true;
        }

        return false;
    }

    /// <summary>Makes this node the origin of a freshly computed output.</summary>
    /// <param name="output">Computed without gradient; released here.</param>
    /// <param name="inputs">What <see cref="Backward"/> returns gradients for, in this order.</param>
    /// <returns>The output as part of the graph.</returns>
    public Tensor Record(Tensor output, params ReadOnlySpan<Tensor> inputs)
    {
        _needed = new bool[inputs.Length];
        _returned = (nint*)NativeMemory.AllocZeroed((nuint)inputs.Length, (nuint)sizeof(nint));
        nint* handles = stackalloc nint[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            handles[i] = inputs[i].Handle;
            _needed[i] = inputs[i].requires_grad;
        }

        _apply = Apply;
        _deleted = Release;
        lock (s_alive) s_alive.Add(this);
        NativeMethods.TensorList list = new() { Handles = handles, Count = inputs.Length };
        _pointers = NativeMethods.THSAutograd_CSharpNode_ctor(
            Marshal.GetFunctionPointerForDelegate(_apply),
            Marshal.GetFunctionPointerForDelegate(_deleted)
        );
        NativeMethods.THSAutograd_CSharpNode_setNextEdges(_pointers, list, 1);
        NativeMethods.THSAutograd_CSharpNode_clearInputMetadata(_pointers);
        nint outputHandle = output.Handle;
        NativeMethods.TensorList outputs = new() { Handles = &outputHandle, Count = 1 };
        NativeMethods.THSAutograd_Function_wrapOutputs(list, default, default, outputs, _pointers, &AllocateWrapped);
        NativeMethods.THSAutograd_CSharpNode_disposeSharedPtr(_pointers);
        _pointers.Shared = 0;
        Tensor recorded = Tensor.UnsafeCreateTensor(Unwrap());
        output.Dispose();
        return recorded;
    }

    /// <summary>
    /// The gradients of the recorded inputs; null where none is needed or it was added to the parameter's gradient already.
    /// </summary>
    /// <param name="gradient">The gradient of the output; disposed by the caller.</param>
    protected abstract Tensor?[] Backward(Tensor gradient);

    /// <summary>True when the i-th recorded input wants a gradient.</summary>
    protected bool Needs(int input) => _needed[input];

    /// <summary>
    /// Holds a tensor until the backward pass is over: a reference of our own, outside any scope and without its history.
    /// </summary>
    protected Tensor Keep(Tensor tensor)
    {
        Tensor kept = tensor.detach().DetachFromDisposeScope();
        _kept.Add(kept);
        return kept;
    }

    /// <summary>
    /// Holds a leaf itself, so that its gradient can be added to in place; of anything else the values (its history would tie the graph
    /// into a knot).
    /// </summary>
    protected Tensor KeepLeaf(Tensor tensor)
    {
        if (!tensor.is_leaf) return Keep(tensor);
        Tensor kept = Dispatcher.Reference(tensor).DetachFromDisposeScope();
        _kept.Add(kept);
        return kept;
    }

    /// <summary>The gradient a leaf has already and that may be added to; null for others.</summary>
    protected static Tensor? GradientOf(Tensor parameter)
    {
        if (!parameter.is_leaf) return null;
        Tensor? gradient = parameter.grad;
        return gradient is not null && gradient.is_contiguous() ? gradient : null;
    }

    private NativeMethods.TensorList Apply(nint* gradients, int count)
    {
        ForgetReturned();
        Tensor gradient = Tensor.UnsafeCreateTensor(gradients[0]);
        try
        {
            if (_spent) throw new InvalidOperationException("a second backward pass over the same operations");
            using ComputeScope computing = _context.Enter();
            using IDisposable noGradient = no_grad();
            Tensor?[] results = Backward(gradient);
            ForgetReturned(); // of a backward pass inside this one
            s_returned = results;
            for (int i = 0; i < results.Length; i++) _returned[i] = results[i]?.Handle ?? 0;
            _spent = true;
            ReleaseKept();
            return new NativeMethods.TensorList { Handles = _returned, Count = results.Length };
        }
        catch (Exception exception)
        {
            // An exception may not cross native frames: no gradients make libtorch raise its own error; the cause goes to stderr.
            Console.Error.WriteLine($"{GetType().Name}: {exception.Message}");
            return default;
        }
        finally
        {
            gradient.Dispose();
        }
    }

    /// <summary>Gradients handed out before are libtorch's by now.</summary>
    private static void ForgetReturned()
    {
        if (s_returned is null) return;
        foreach (Tensor? tensor in s_returned) tensor?.Dispose();
        s_returned = null;
    }

    private void ReleaseKept()
    {
        foreach (Tensor tensor in _kept) tensor.Dispose();
        _kept.Clear();
    }

    /// <summary>The graph has let go of the node.</summary>
    private void Release()
    {
        ReleaseKept();
        NativeMemory.Free(_returned);
        _returned = null;
        if (_pointers.Weak != 0) NativeMethods.THSAutograd_CSharpNode_disposeWeakPtr(_pointers);
        _pointers.Weak = 0;
        lock (s_alive) s_alive.Remove(this);
    }

    [UnmanagedCallersOnly]
    private static nint* AllocateWrapped(nuint count)
    {
        s_wrapped = GC.AllocateArray<nint>((int)count, pinned: true);
        return (nint*)Marshal.UnsafeAddrOfPinnedArrayElement(s_wrapped, 0);
    }

    private static nint Unwrap()
    {
        nint handle = s_wrapped![0];
        s_wrapped = null;
        return handle;
    }
}
