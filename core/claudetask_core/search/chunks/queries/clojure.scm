(list_lit . (sym_lit) @_m . (sym_lit name: (sym_name) @name) (#set! words "defn defn- defmulti defmethod s/defn fdef")) @function
(list_lit . (sym_lit) @_m . (kwd_lit name: (kwd_name) @name) (#set! words "s/def")) @constant
(list_lit . (sym_lit) @_m . (sym_lit name: (sym_name) @name) (#set! words "ns in-ns")) @module
(list_lit . (sym_lit) @_m . (sym_lit name: (sym_name) @name) (#set! words "def defonce s/def")) @constant
(list_lit . (sym_lit) @_m . (sym_lit name: (sym_name) @name) (#set! words "defprotocol definterface defrecord deftype defstruct")) @class
(list_lit . (sym_lit) @_m . (sym_lit name: (sym_name) @name) (#set! words "defmacro")) @macro
(list_lit . (sym_lit) @_m . (sym_lit name: (sym_name) @name) (#set! words "deftest")) @function
