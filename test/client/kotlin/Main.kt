/**
 * Runs the client of docs/clients.md: the URL and perhaps a cursor are its arguments. Each line of the output is what the
 * client has just done; a token is read from the input when it has said `token`.
 */
fun main(args: Array<String>) {
    var cursor = args.getOrNull(1)
    val client = Roomcast(
        url = args[0],
        getToken = { println("token"); readln() },
        load = { cursor },
        save = { cursor = it; println("cursor") },
        onEvent = { println("event ${it.getString("id")}") },
        reload = { println("reload") },
    )
    client.connect()
}
