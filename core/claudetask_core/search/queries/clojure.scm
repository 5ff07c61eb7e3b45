(list_lit . (sym_lit) @_m . (sym_lit) @name (#set! words "defn defn- defmulti defmethod s/defn fdef")) @function
(list_lit . (sym_lit) @_m . (sym_lit) @name (#set! words "def defonce s/def")) @constant
(list_lit . (sym_lit) @_m . (sym_lit) @name (#set! words "defprotocol definterface defrecord deftype defstruct")) @class
(list_lit . (sym_lit) @_m . (sym_lit) @name (#set! words "defmacro")) @macro
(list_lit . (sym_lit) @_m . (sym_lit) @name (#set! words "deftest")) @function
