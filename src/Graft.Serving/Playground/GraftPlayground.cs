using Graft.Serving.Http;
using Graft.Serving.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Graft.Serving;

/// <summary>The page that shows what the served models do, and why.</summary>
public static class GraftPlayground
{
    /// <summary>
    /// Maps the page to <c>/</c>. It uses the routes of <c>MapGraft</c>, which are mapped beside it, asks nothing of other machines, and
    /// its content security policy forbids it.
    /// </summary>
    /// <param name="endpoints">The application, or a group of its routes.</param>
    public static IEndpointRouteBuilder MapGraftPlayground(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        EmbeddedPage page = new("playground.html");
        new RouteTable(endpoints).Get("/", ErrorShape.OpenAi, request => page.WriteAsync(request.Context), needsKey: false);
        return endpoints;
    }
}
