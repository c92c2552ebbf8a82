using Graft.Serving.Http;

namespace Graft.Serving.Routes;

/// <summary><c>/openapi/v1.json</c>: every route, as <c>Routes/openapi.json</c> describes it.</summary>
internal static class DescriptionRoutes
{
    private const string Resource = "Graft.Serving.openapi.json";

    public static void Map(RouteTable routes) => routes.Get("/openapi/v1.json", ErrorShape.OpenAi, DescribeAsync, needsKey: false);

    private static async Task DescribeAsync(ServingRequest request)
    {
        Stream document = typeof(DescriptionRoutes).Assembly.GetManifestResourceStream(Resource)!;
        await using (document.ConfigureAwait(false))
        {
            request.Context.Response.ContentType = "application/json; charset=utf-8";
            await document.CopyToAsync(request.Context.Response.Body, request.Aborted).ConfigureAwait(false);
        }
    }
}
