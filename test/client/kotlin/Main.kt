import org.json.JSONObject

/**
 * Runs the client of docs/clients.md: the URL and perhaps a cursor are its arguments. Each line of the output is what the
 * client has just done; a token is read from the input when it has said `token`.
 */
fun main(args: Array<String>) {
    val client = object : Roomcast(args[0]) {
        override var cursor = args.getOrNull(1)
            set(value) { field = value; println("cursor") }
        override fun getToken(): String { println("token"); return readln() }
        override fun onEvent(event: JSONObject) = println("event ${event.getString("id")}")
        override fun reload() = println("reload")
    }
    client.connect()
}
